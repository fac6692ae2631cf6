#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""What the tests of the API have in common."""

import collections.abc
import contextlib
import pathlib
import tempfile
import time
import typing

from oslo_config import cfg
from starlette import types

from cdm_graph import service
from cdm_graph.api import server
from cdm_graph.conf import loading
from cdm_graph.simulation import process

#: Seconds that anything may take.
PATIENCE: typing.Final = 30.0


class Daemon(typing.NamedTuple):
    """A daemon in this process, and the cloud that it watches."""

    main: service.ClusterModelService
    cloud: process.Simulation


def eventually(probe: collections.abc.Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not probe():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def configuration(path: pathlib.Path, **options: typing.Any) -> cfg.ConfigOpts:
    """Return one with a socket, and options of ``[api]``."""
    return loading.load(
        overrides={
            ('daemon', 'socket'): str(path),
            **{('api', name): value for name, value in options.items()},
        },
        find_files=False,
    )


@contextlib.contextmanager
def serving(
    application: types.ASGIApp,
) -> collections.abc.Iterator[pathlib.Path]:
    """Serve an application on the Unix socket that is yielded."""
    with tempfile.TemporaryDirectory(prefix='cdm-graph-') as folder:
        path = pathlib.Path(folder) / 'cdm.sock'
        api = server.ApiService(application, configuration(path))
        api.start()
        try:
            yield path
        finally:
            api.stop()

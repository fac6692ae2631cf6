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

"""Simulated clouds on loopback, and a clock that can be set forward."""

import collections.abc
import contextlib
import os
import time
import typing

from oslo_config import cfg
from oslo_messaging._drivers import impl_fake
import pytest

from cdm_graph.conf import loading
from cdm_graph.simulation import notification
from cdm_graph.simulation import process


class ShiftedClock:
    """The machine's clock, set forward; it goes on by itself."""

    def __init__(self) -> None:
        self.shift = 0.0

    def time(self) -> float:
        return time.time() + self.shift

    def monotonic(self) -> float:
        return time.monotonic()


CloudFactory = collections.abc.Callable[..., process.Simulation]


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith('OS_'):
            monkeypatch.delenv(name)


@pytest.fixture
def shifted() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def new_cloud(
    shifted: ShiftedClock,
) -> collections.abc.Iterator[CloudFactory]:
    """Start simulated clouds in which nothing happens by itself."""
    with contextlib.ExitStack() as stack:

        def make(**options: typing.Any) -> process.Simulation:
            defaults: dict[str, typing.Any] = {
                'hosts': 3,
                'instances': 12,
                'rate': 0,
                'formats': notification.Format.VERSIONED,
            }
            cloud = process.Simulation(
                process.SimulationOptions(**{**defaults, **options}), shifted
            )
            cloud.start()
            stack.callback(cloud.stop)
            return cloud

        yield make


@pytest.fixture
def _own_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bus within the process know nothing of another test."""
    monkeypatch.setattr(impl_fake.FakeExchangeManager, '_exchanges', {})


def configuration(
    cloud: process.Simulation,
    *collectors: str,
    **options: typing.Any,
) -> cfg.ConfigOpts:
    """Return a daemon's configuration; options of ``[notifications]``."""
    conf = loading.load(
        overrides={
            ('collector', 'collectors'): list(collectors or ('nova',)),
            ('nova', 'auth_type'): 'password',
            ('daemon', 'socket'): '/nonexistent/cdm.sock',
            **{
                ('notifications', name): value
                for name, value in options.items()
            },
        },
        find_files=False,
    )
    credentials = dict(cloud.credentials)
    conf.set_override('region_name', credentials.pop('region_name'), 'nova')
    return loading.with_credentials(conf, cloud.auth_url, credentials)

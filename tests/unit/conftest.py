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

"""What libraries do to a process in which hundreds of tests run.

Some look often whether there is something for them to do: ten times in a
second, or once.  Where many tests start and stop servers and listeners,
nearly all of the time would go into that.  Logs are set up for all at once.
"""

import asyncio
import collections.abc
import logging
import time
import types
import typing

from futurist import _thread
from kombu.utils import functional
from oslo_messaging._drivers import impl_fake
import pytest
from uvicorn import server

from cdm_graph import pacer

_LONGEST: typing.Final = 0.005


class _Hurried:
    """A module as it is, but for a sleep that is not long."""

    def __init__(
        self,
        module: types.ModuleType,
        sleep: collections.abc.Callable[[float], object],
    ) -> None:
        self._module = module
        self.sleep = sleep

    def __getattr__(self, name: str) -> object:
        return getattr(self._module, name)


def _sleep(seconds: float) -> None:
    time.sleep(min(seconds, _LONGEST))


async def _sleep_in_loop(seconds: float) -> None:
    await asyncio.sleep(min(seconds, _LONGEST))


@pytest.fixture(autouse=True)
def _root_logger() -> collections.abc.Iterator[None]:
    """Leave the root of all loggers as it is: a command sets it up."""
    root = logging.root
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope='session', autouse=True)
def _hurried() -> collections.abc.Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        # An HTTP server looks whether it is to stop; the bus within the
        # process, whether there is a message; a listener's worker, whether it
        # is over; a connection, whether the broker is there after all.
        patch.setattr(server, 'asyncio', _Hurried(asyncio, _sleep_in_loop))
        patch.setattr(impl_fake, 'time', _Hurried(time, _sleep))
        patch.setattr(_thread.ThreadWorker, 'MAX_IDLE_FOR', _LONGEST)
        patch.setattr(functional, 'sleep', _sleep)
        yield


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return what has an item for each time that somebody gave way."""
    made: list[None] = []
    monkeypatch.setattr(pacer.Pacer, 'pause', lambda _self: made.append(None))
    return made

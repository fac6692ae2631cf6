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


import threading

import pytest

from cdm_graph import exceptions
from cdm_graph.store import watchdog

_SOON = 0.01
_LONG = 300.0


def test_what_is_done_in_time_is_let_alone() -> None:
    broken_off = threading.Event()
    with watchdog.watched(_LONG, 'here', broken_off.set):
        pass
    with (
        pytest.raises(LookupError, match='mine'),
        watchdog.watched(_LONG, 'here', broken_off.set),
    ):
        raise LookupError('mine')
    assert not broken_off.is_set()
    assert not [
        thread
        for thread in threading.enumerate()
        if isinstance(thread, threading.Timer) and not thread.finished.is_set()
    ]


def test_what_hangs_fails_whatever_error_that_makes() -> None:
    broken_off = threading.Event()

    def hang() -> None:
        with watchdog.watched(_SOON, 'here', broken_off.set):
            assert broken_off.wait(30.0)
            raise AttributeError('of a closed socket')

    with pytest.raises(
        exceptions.StoreUnavailable, match=r'here gave no answer for 0\.01'
    ) as caught:
        hang()
    assert isinstance(caught.value.__cause__, AttributeError)


def test_what_ends_well_at_the_last_moment_is_well() -> None:
    broken_off = threading.Event()
    with watchdog.watched(_SOON, 'here', broken_off.set):
        assert broken_off.wait(30.0)

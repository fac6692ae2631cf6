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

from cdm_graph.model import mutation
from cdm_graph.notification import accounting
from cdm_graph.notification import lags

_OUTCOME = mutation.Outcome


def test_what_was_received_equals_what_has_an_outcome_at_rest() -> None:
    """Contract 8."""
    counters = accounting.Accounting()
    for outcome in _OUTCOME:
        for reason in ('why', 'why not'):
            counters.receive()
            counters.settle(outcome, reason)
    read = counters.read()
    assert read.received == read.accounted == 2 * len(_OUTCOME)
    assert read.pending == 0
    assert read.outcomes == {outcome.value: 2 for outcome in _OUTCOME}
    assert read.reasons['stale: why'] == 1


def test_what_has_no_outcome_yet_is_pending() -> None:
    counters = accounting.Accounting()
    assert [counters.receive() for _ in range(3)] == [1, 2, 3]
    counters.settle(_OUTCOME.APPLIED, 'newer')
    assert counters.read().pending == 2
    assert counters.read().outcomes['failed'] == 0


def test_lags_are_summed_up() -> None:
    counters = accounting.Accounting()
    for lag in (3.0, 1.0, 2.0):
        counters.lagged(lag)
    assert counters.read().lag == lags.Lag(3, 2.0, 2.0, 3.0)


def test_many_threads_may_count() -> None:
    counters = accounting.Accounting()

    def count() -> None:
        for _ in range(500):
            counters.receive()
            counters.settle(_OUTCOME.APPLIED, 'newer')

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.read().received == counters.read().accounted == 2000

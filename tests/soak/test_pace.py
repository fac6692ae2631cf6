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


"""What counts as a change."""

from cdm_graph import clock
from cdm_graph.simulation import churn
from cdm_graph.simulation import cloud
from cdm_graph.simulation.nova import population
from tests.soak import pace


def _cloud() -> cloud.SimulatedCloud:
    return population.new_cloud(3, 10, 1, clock.SystemClock())


def test_a_row_that_is_saved_and_announced_is_one_change() -> None:
    rows = _cloud()
    ledger = pace.Ledger(rows)
    host = next(iter(rows.nodes))

    def disable() -> None:
        rows.change_node(host, disabled=True)
        ledger.announced += 2

    ledger.step(disable)
    assert ledger.changes == 1


def test_what_is_saved_without_a_word_is_none() -> None:
    rows = _cloud()
    ledger = pace.Ledger(rows)
    host = next(iter(rows.nodes))
    ledger.step(lambda: rows.change_node(host, disabled=True))
    assert ledger.changes == 0


def test_an_operation_is_about_as_many_changes_as_is_assumed() -> None:
    rows = _cloud()
    ledger = pace.Ledger(rows)

    def publish(_: object) -> None:
        ledger.announced += 1

    busy = churn.Churn(rows, publish, 10.0, 1, clock.SystemClock())
    while busy.begun < 300:
        ledger.step(busy.step)
    found = ledger.changes / busy.begun
    assert 0.5 < found / pace.CHANGES_AN_OPERATION < 2

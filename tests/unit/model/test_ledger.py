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

import pytest

from cdm_graph.model import ledger as ledgers
from cdm_graph.model import schema
from tests.support import elements

_KEY = schema.key_of(elements.instance(1))


@pytest.fixture
def ledger() -> ledgers.Ledger:
    return ledgers.Ledger()


def test_nothing_is_known_of_what_never_changed(
    ledger: ledgers.Ledger,
) -> None:
    assert ledger.touched_at(_KEY) == 0
    assert not ledger.is_buried(_KEY)
    assert ledger.announced_at(_KEY) is None


def test_what_is_buried_was_touched_then(ledger: ledgers.Ledger) -> None:
    ledger.touch([_KEY], 3)
    ledger.announce({_KEY: elements.moment(1)})
    ledger.bury([_KEY], 5, 100.0)
    assert ledger.touched_at(_KEY) == 5
    assert ledger.is_buried(_KEY)
    assert ledger.announced_at(_KEY) is None


def test_what_is_there_again_is_not_buried(ledger: ledgers.Ledger) -> None:
    ledger.bury([_KEY], 5, 100.0)
    ledger.touch([_KEY], 6)
    assert not ledger.is_buried(_KEY)
    assert ledger.touched_at(_KEY) == 6


def test_only_old_tombstones_are_forgotten(ledger: ledgers.Ledger) -> None:
    other = schema.key_of(elements.instance(2))
    ledger.bury([_KEY], 1, 100.0)
    ledger.bury([other], 2, 200.0)
    ledger.bury([_KEY], 3, 300.0)
    ledger.forget(201.0 + ledgers.TOMBSTONE_AGE)
    assert not ledger.is_buried(other)
    assert ledger.is_buried(_KEY)

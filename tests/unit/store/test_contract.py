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

from cdm_graph.model import schema
from cdm_graph.store import contract


def test_a_batch_is_as_long_as_what_it_writes_and_deletes() -> None:
    record = contract.Record(schema.Kind.FLAVOR, 'flavor/a', {}, {})
    gone = (schema.Kind.FLAVOR, 'flavor/b')
    assert len(contract.Batch()) == 0
    assert len(contract.Batch(cursor=contract.Cursor('now', 1))) == 0
    assert len(contract.Batch((record, record), (gone,))) == 3


def test_a_cursor_need_not_know_of_a_synchronize() -> None:
    assert contract.Cursor('now', 1).synchronized_at is None

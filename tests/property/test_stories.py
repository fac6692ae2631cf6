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


"""What a model shows on the way, where it matters to who looks."""

import pytest

from cdm_graph.model import schema
from tests.property import races


@pytest.mark.parametrize('state_changes', [True, False])
def test_a_live_migration_shows_where_it_goes(state_changes: bool) -> None:
    with races.stage(state_changes=state_changes) as on:
        uuid = on.active().uuid
        shown: set[str] = set()
        for step in on.does.live_migrate(uuid):
            on.receive(on.run([step]))
            on.pipeline.drain()
            shown |= {
                relation
                for _, _, relation in on.model.graph.out_edges(
                    uuid, data='relation'
                )
            }
        assert 'MIGRATING_TO' in shown
        on.must_agree()


def test_what_is_gone_is_not_brought_back_by_what_comes_late() -> None:
    """Nothing announces the end of a forced deletion."""
    with races.stage() as on:
        uuid, told = on.create()
        told += on.run(on.does.shelve(uuid))
        told += on.run(on.does.force_delete_server(uuid))
        late = races.named(told, 'instance.create.')
        on.receive(each for each in told if each not in late)
        on.pipeline.drain()
        on.receive(late)
        on.pipeline.drain()
        assert on.model.find(schema.Kind.INSTANCE, uuid) is None
        on.must_agree()

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

import json

from cdm_graph.export import changes
from cdm_graph.model import change
from cdm_graph.model import change_log
from cdm_graph.model import schema
from tests.support import elements

_NODE = elements.node(1, hostname='alpha')
_INSTANCE = elements.hosted(11, _NODE, name='web')
_HOSTED = change.Edge(
    elements.uuid(11), schema.Relation.HOSTED_ON, elements.uuid(1)
)


def _row(
    before: schema.Element | None,
    after: schema.Element | None,
    **more: object,
) -> dict[str, object]:
    element = after or before
    assert element is not None
    each = change.Change(
        7,
        schema.key_of(element),
        before,
        after,
        cause=change.Cause('instance.update', 'req-1'),
    )._replace(**more)
    row = changes.row(change_log.Entry(1_700_000_000.25, each, 'run'))
    # It can be sent as it is.
    assert json.loads(json.dumps(row)) == row
    return row


def test_the_fields_of_a_row_are_a_promise() -> None:
    moved = schema.replace(_INSTANCE, node='beta')
    assert _row(_INSTANCE, moved, unrelated=(_HOSTED,)) == {
        'run': 'run',
        'sequence': 7,
        'at': '2023-11-14T22:13:20.250Z',
        'kind': 'Instance',
        'id': elements.uuid(11),
        'name': 'web',
        'what': 'changed',
        'cause': 'instance.update',
        'request_id': 'req-1',
        'changed': {'node': {'before': 'alpha', 'after': 'beta'}},
        'related': [],
        'unrelated': [{'relation': 'HOSTED_ON', 'target': elements.uuid(1)}],
    }


def test_what_came_or_went_tells_all_that_it_is_or_was() -> None:
    came, went = _row(None, _INSTANCE), _row(_INSTANCE, None)
    assert (came['what'], went['what']) == ('created', 'deleted')
    told = came['changed'], went['changed']
    assert isinstance(told[0], dict)
    assert isinstance(told[1], dict)
    assert told[0]['name'] == {'before': None, 'after': 'web'}
    assert told[1]['name'] == {'before': 'web', 'after': None}
    assert (
        told[0].keys()
        == told[1].keys()
        <= {
            'kind',
            *(each.name for each in schema.ATTRIBUTES[schema.Kind.INSTANCE]),
        }
    )


def test_where_only_the_other_end_came_nothing_changed() -> None:
    row = _row(_INSTANCE, _INSTANCE, related=(_HOSTED,))
    assert (row['what'], row['changed']) == ('related', {})
    assert row['related'] == [
        {'relation': 'HOSTED_ON', 'target': elements.uuid(1)}
    ]

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

import pathlib
import typing

from cdm_graph.export import difference
from cdm_graph.export import files
from cdm_graph.export import formats
from cdm_graph.export import reading
from cdm_graph.model import change
from cdm_graph.model import fields
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import elements

_NODE = elements.node(1, hostname='alpha')
_OTHER = elements.node(2, hostname='beta')
_SERVER = elements.hosted(11, _NODE, name='web')
_MOVED = schema.replace(_SERVER, node='beta')


def _between(
    folder: pathlib.Path,
    before: list[schema.Element],
    after: list[schema.Element],
) -> list[dict[str, typing.Any]]:
    documents = []
    for name, several in (('graphml', before), ('jsonl', after)):
        path = str(folder / name)
        model = live_model.LiveModel(several)
        files.write(path, formats.chunks(name, model))
        documents.append(reading.read(path))
    return list(difference.rows(*documents))


def test_equal_models_have_no_difference(tmp_path: pathlib.Path) -> None:
    several = [_NODE, _OTHER, _SERVER]
    assert _between(tmp_path, several, several) == []


def test_a_move_is_a_change_and_two_relations(tmp_path: pathlib.Path) -> None:
    (row,) = _between(
        tmp_path, [_NODE, _OTHER, _SERVER], [_NODE, _OTHER, _MOVED]
    )
    assert row == {
        'kind': 'Instance',
        'id': _SERVER.uuid,
        'name': 'web',
        'what': 'changed',
        'changed': {'node': {'before': 'alpha', 'after': 'beta'}},
        'related': [{'relation': 'HOSTED_ON', 'target': _OTHER.uuid}],
        'unrelated': [{'relation': 'HOSTED_ON', 'target': _NODE.uuid}],
    }


def test_what_came_and_what_went(tmp_path: pathlib.Path) -> None:
    rows = _between(tmp_path, [_NODE], [_OTHER])
    assert [(row['name'], row['what']) for row in rows] == [
        ('alpha', 'deleted'),
        ('beta', 'created'),
    ]
    assert rows[0]['changed']['hostname'] == {
        'before': 'alpha',
        'after': None,
    }


def test_where_only_the_other_end_went(tmp_path: pathlib.Path) -> None:
    rows = _between(tmp_path, [_NODE, _SERVER], [_SERVER])
    by_name = {row['name']: row for row in rows}
    assert by_name['alpha']['what'] == 'deleted'
    assert by_name['web']['what'] == 'related'
    assert by_name['web']['changed'] == {}


def test_changes_are_told_as_exports_would(tmp_path: pathlib.Path) -> None:
    several = [_NODE, _OTHER, _SERVER]
    model = live_model.LiveModel(several)
    noted: list[change.Change] = []
    model.subscribe(noted.extend)
    metadata = fields.Strings({'b': '1', 'a': '2'})
    moved = schema.replace(_MOVED, metadata=metadata)
    new = elements.flavor('small')
    model.apply([mutation.Put(moved), mutation.Put(new)])
    rows = list(difference.of_changes(noted))
    assert rows == _between(tmp_path, several, [_NODE, _OTHER, moved, new])
    assert [row['name'] for row in rows] == ['small', 'web']


def test_no_changes_are_no_difference() -> None:
    assert list(difference.of_changes([])) == []

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

import csv
import datetime
import io
import json
import typing

import networkx as nx
import pytest

from cdm_graph import exceptions
from cdm_graph.cmd import results
from cdm_graph.model import answer

_MOMENT: typing.Final = datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC)
_NODE: typing.Final = {'kind': 'Instance', 'id': 'a', 'tags': ['t'], 'x': None}
_HOST: typing.Final = {'kind': 'ComputeNode', 'id': 'b', 'vcpus': 4}
_EDGE: typing.Final = {'relation': 'HOSTED_ON', 'source': 'a', 'target': 'b'}


def _answer(*rows: tuple[typing.Any, ...]) -> answer.Answer:
    width = len(rows[0]) if rows else 1
    return answer.Answer(tuple('abcdef'[:width]), rows)


def _graph(*rows: tuple[typing.Any, ...]) -> 'nx.DiGraph[str]':
    return nx.parse_graphml(results.as_graphml(_answer(*rows)))


def test_a_table_is_for_people() -> None:
    found = _answer((1, None, True), (22, ['x', 'y'], _MOMENT))
    assert [line.split() for line in results.table(found).splitlines()] == [
        ['a', 'b', 'c'],
        ['1', '-', 'yes'],
        ['22', 'x,', 'y', '2026-01-02T03:00:00Z'],
    ]
    assert results.table(_answer()) == '(no rows)'


def test_what_is_long_is_cut_in_a_table_and_nowhere_else() -> None:
    found = _answer(('x' * 500,))
    last = results.table(found).splitlines()[-1]
    assert len(last) == 120
    assert last.endswith('x...')
    assert 'x' * 500 in results.as_csv(found)
    assert 'x' * 500 in results.as_json(found)
    whole = results.table(_answer(('y' * 120,))).splitlines()[-1]
    assert whole == 'y' * 120


def test_json_is_a_list_of_objects() -> None:
    found = _answer((1, _NODE), (None, _MOMENT))
    assert json.loads(results.as_json(found)) == [
        {'a': 1, 'b': _NODE},
        {'a': None, 'b': '2026-01-02T03:00:00Z'},
    ]
    assert json.loads(results.as_json(_answer())) == []


@pytest.mark.parametrize('number', [float('nan'), float('inf')])
def test_what_is_no_number_is_text_in_json(number: float) -> None:
    text = results.as_json(_answer((number,)))
    assert json.loads(text) == [{'a': str(number)}]


def test_csv_is_read_back_as_it_was() -> None:
    found = _answer(('a,b', 'x\ny'), (None, 'say "hi"'), (['q'], 1.5))
    rows = list(csv.reader(io.StringIO(results.as_csv(found))))
    assert rows == [
        ['a', 'b'],
        ['a,b', 'x\ny'],
        ['', 'say "hi"'],
        ['["q"]', '1.5'],
    ]


def test_graphml_is_of_nodes_relations_and_paths() -> None:
    for row in (
        (_NODE, _EDGE, _HOST),
        ([_NODE, _EDGE, _HOST],),
        ([_NODE, [_HOST]], _EDGE),
    ):
        graph = _graph(row)
        assert dict(graph.nodes(data=True)) == {
            'a': {'kind': 'Instance', 'tags': '["t"]'},
            'b': {'kind': 'ComputeNode', 'vcpus': 4},
        }
        assert list(graph.edges(data=True)) == [
            ('a', 'b', {'relation': 'HOSTED_ON'})
        ]


def test_an_answer_without_rows_is_an_empty_graph() -> None:
    assert len(nx.parse_graphml(results.as_graphml(_answer()))) == 0


def test_what_is_no_graph_is_refused() -> None:
    with pytest.raises(exceptions.QueryInvalid, match='no nodes'):
        results.as_graphml(_answer((1, 'a')))


@pytest.mark.parametrize('end', ['source', 'target'])
def test_a_relation_without_an_end_is_refused(end: str) -> None:
    with pytest.raises(exceptions.QueryInvalid, match='without its ends'):
        results.as_graphml(_answer((_NODE, {**_EDGE, end: None})))


def test_all_formats_are_offered() -> None:
    assert list(results.FORMATS) == ['table', 'json', 'csv', 'graphml']

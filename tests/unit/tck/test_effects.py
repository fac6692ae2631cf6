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

from tests.tck import effects
from tests.tck import values


def _node(*labels: str, **properties: object) -> values.Node:
    return values.Node(frozenset(labels), properties)


def _between(
    before: dict[str, values.Node], after: dict[str, values.Node]
) -> dict[str, int]:
    return dict(
        effects.between(effects.State(before, {}), effects.State(after, {}))
    )


def test_nothing_is_no_effect() -> None:
    nodes = {'1': _node('A', n=float('nan'))}
    assert _between(nodes, {'1': _node('A', n=float('nan'))}) == {}


def test_what_is_new_is_added_and_what_is_gone_removed() -> None:
    one, two = {'1': _node('A', n=1)}, {'2': _node('B', 'C', n=1, m=2)}
    assert _between(one, two) == {
        '+nodes': 1,
        '-nodes': 1,
        '+labels': 2,
        '-labels': 1,
        '+properties': 2,
        '-properties': 1,
    }


def test_a_label_counts_once() -> None:
    assert _between({}, {'1': _node('A'), '2': _node('A')}) == {
        '+nodes': 2,
        '+labels': 1,
    }
    assert (
        _between(
            {'1': _node('A'), '2': _node('A')}, {'1': _node('A'), '2': _node()}
        )
        == {}
    )


def test_another_value_is_one_removed_and_one_added() -> None:
    assert _between({'1': _node(n=1)}, {'1': _node(n=1.0)}) == {
        '+properties': 1,
        '-properties': 1,
    }


def test_relationships_and_their_properties_count() -> None:
    found = effects.between(
        effects.State({}, {'1': values.Relationship('T', {'n': 1})}),
        effects.State({}, {'2': values.Relationship('T', {})}),
    )
    assert found == {
        '+relationships': 1,
        '-relationships': 1,
        '-properties': 1,
    }

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

import math

import pytest

from tests.tck import notation
from tests.tck import values


def _node(*labels: str, **properties: object) -> values.Node:
    return values.Node(frozenset(labels), properties)


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('null', None),
        ('true', True),
        ('-12', -12),
        ('1.50', 1.5),
        ('-1e-305', -1e-305),
        ('1.2e30', 1.2e30),
        ('Inf', math.inf),
        ('-Inf', -math.inf),
        ("''", ''),
        (r"'it\'s a \\'", "it's a \\"),
        ("'[\"{<('", '["{<('),
        ('[]', []),
        ("[1, [null], 'a']", [1, [None], 'a']),
        ('{}', {}),
        ("{a: ' } ', `b c`: {null: 1}}", {'a': ' } ', 'b c': {'null': 1}}),
        ('()', _node()),
        ('(:A:B {n: 1, `m`: [2]})', _node('A', 'B', n=1, m=[2])),
        ('[:T]', values.Relationship('T', {})),
        ("[:T {a: 'b'}]", values.Relationship('T', {'a': 'b'})),
        ('[(:A), [:T]]', [_node('A'), values.Relationship('T', {})]),
        ('<()>', values.Path(_node(), ())),
        (
            "<(:A)-[:T {n: 1}]->(:B)<-[:U]-({n: 'c'})>",
            values.Path(
                _node('A'),
                (
                    values.Step(
                        values.Relationship('T', {'n': 1}), True, _node('B')
                    ),
                    values.Step(
                        values.Relationship('U', {}), False, _node(n='c')
                    ),
                ),
            ),
        ),
        ('[<(:A)>]', [values.Path(_node('A'), ())]),
    ],
)
def test_a_text_is_the_value_it_stands_for(text: str, value: object) -> None:
    found = notation.parse(text)
    assert found == value
    assert type(found) is type(value)


def test_a_number_with_a_point_is_a_float() -> None:
    assert type(notation.parse('1.0')) is float
    assert type(notation.parse('1')) is int
    found = notation.parse('NaN')
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    'text',
    [
        '',
        'what',
        "'a",
        '1a',
        '[1',
        '[1,]',
        '1 2',
        '{1}',
        '{a: }',
        '(:)',
        '(A)',
        '[:T',
        '<()-[:T]-()>',
        '<()<-[:T]->()>',
        '<()',
        "{a: 'b'} x",
    ],
)
def test_what_stands_for_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match='No value'):
        notation.parse(text)

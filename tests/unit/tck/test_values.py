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

from tests.tck import notation
from tests.tck import values


def _same(one: str, other: str, **options: bool) -> bool:
    return values.key(notation.parse(one), **options) == values.key(
        notation.parse(other), **options
    )


@pytest.mark.parametrize(
    ('one', 'other'),
    [
        ('null', 'null'),
        ('NaN', 'NaN'),
        ('0.0', '-0.0'),
        ('1e3', '1000.0'),
        ('{a: 1, b: 2}', '{b: 2, a: 1}'),
        ('(:A:B {a: 1, b: 2})', '(:B:A {b: 2, a: 1})'),
        ('[[:T {a: NaN}]]', '[[:T {a: NaN}]]'),
        ('<(:A)-[:T]->(:B)>', '<(:A)-[:T]->(:B)>'),
    ],
)
def test_what_looks_the_same_is_the_same(one: str, other: str) -> None:
    assert _same(one, other)
    assert hash(values.key(notation.parse(one))) == hash(
        values.key(notation.parse(other))
    )


@pytest.mark.parametrize(
    ('one', 'other'),
    [
        ('null', 'false'),
        ('null', "'null'"),
        ('1', '1.0'),
        ('1', 'true'),
        ('0', 'false'),
        ('1', "'1'"),
        ('0.1', '0.10000000000000002'),
        ('[]', '{}'),
        ('[]', 'null'),
        ('[1, 2]', '[2, 1]'),
        ('[1]', '[1.0]'),
        ('[1]', '[1, 1]'),
        ('{a: 1}', '{a: true}'),
        ('{a: 1}', '{b: 1}'),
        ('{a: null}', '{}'),
        ('()', '(:A)'),
        ('(:A)', '(:A:B)'),
        ('(:A {n: 1})', '(:A {n: 2})'),
        ('({n: 1})', '{n: 1}'),
        ('[:T]', '[:U]'),
        ('[:T]', '[:T {n: 1}]'),
        ('[:T]', '(:T)'),
        ('[:T]', '[[:T]]'),
        ('()', '<()>'),
        ('<(:A)-[:T]->(:B)>', '<(:A)<-[:T]-(:B)>'),
        ('<(:A)-[:T]->(:B)>', '<(:B)<-[:T]-(:A)>'),
        ('<(:A)-[:T]->(:B)>', '<(:A)-[:U]->(:B)>'),
        ('<(:A)-[:T]->(:B)>', '<(:A)-[:T]->(:C)>'),
    ],
)
def test_what_looks_different_is_not_the_same(one: str, other: str) -> None:
    assert not _same(one, other)


@pytest.mark.parametrize(
    ('one', 'other', 'same'),
    [
        ('[1, 2, 2]', '[2, 1, 2]', True),
        ('[1, 2, 2]', '[2, 1, 1]', False),
        ('{a: [(:A), (:B)]}', '{a: [(:B), (:A)]}', True),
        ('[[1, 2], [3]]', '[[3], [2, 1]]', True),
        ('[[1, 2], [3]]', '[[1], [2, 3]]', False),
        ('[(:A:B {n: 1, m: 2}), 1]', '[1, (:B:A {m: 2, n: 1})]', True),
        ("['b', 1, null]", "[null, 'b', 1]", True),
    ],
)
def test_the_order_in_lists_may_be_ignored(
    one: str, other: str, same: bool
) -> None:
    assert _same(one, other, ignore_list_order=True) is same


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match='No value'):
        values.key(object())

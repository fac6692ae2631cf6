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

import collections.abc

from cdm_graph.integration.watcher import table


def _table(made: list[str] | None = None) -> table.Table:
    """Return a table of a, b and c, whose elements are their keys twice."""

    def make(key: str) -> str | None:
        if made is not None:
            made.append(key)
        return key * 2 if key in 'abc' else None

    return table.Table(lambda: 'abc', make)


def _order(keys: collections.abc.Iterable[str]) -> str:
    return ''.join(keys)


def test_one_is_made_once_when_it_is_looked_at() -> None:
    made: list[str] = []
    several = _table(made)
    assert [several.find('b'), several.find('b')] == ['bb', 'bb']
    assert several.find('x') is None
    assert made == ['b', 'x']
    assert list(several.made()) == ['bb']


def test_all_are_in_the_order_of_the_snapshot() -> None:
    several = _table()
    several.find('c')
    assert several.all() == {'a': 'aa', 'b': 'bb', 'c': 'cc'}
    assert _order(several.all()) == 'abc'


def test_what_is_put_in_comes_last_unless_it_was_there() -> None:
    several = _table()
    several.put('d', 'D')
    several.put('a', 'A')
    assert several.all() == {'a': 'A', 'b': 'bb', 'c': 'cc', 'd': 'D'}
    assert _order(several.keys()) == 'abcd'


def test_what_was_dropped_is_gone_until_it_is_put_in_again() -> None:
    for looked_at in (True, False):
        several = _table()
        if looked_at:
            several.all()
        several.drop('a')
        assert several.find('a') is None
        assert _order(several.keys()) == 'bc'
        several.put('a', 'A')
        assert several.find('a') == 'A'
        assert _order(several.keys()) == 'bca'


def test_what_was_dropped_unseen_comes_last_when_it_is_put_in_again() -> None:
    several = _table()
    several.drop('a')
    several.put('a', 'A')
    assert _order(several.keys()) == 'bca'

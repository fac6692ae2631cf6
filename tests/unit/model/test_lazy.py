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

"""A lazy dict is a dict for everybody, whatever is made of it yet."""

import copy
import pickle
import sys
import threading
import typing

from hypothesis import stateful
from hypothesis import strategies as st
import pytest

from cdm_graph import exceptions
from cdm_graph.model import lazy

_Any = typing.Any
_keys = st.sampled_from('abcdef')


class _Source:
    """Makes ``{key: number}`` of what it was given."""

    def __init__(self, entries: dict[str, int]) -> None:
        self.entries = dict(entries)
        self.made: list[str] = []
        self.lock = threading.RLock()
        self.dict: _Any = None

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def __iter__(self) -> typing.Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def make(self, key: str) -> _Any:
        self.made.append(key)
        return {key: self.entries[key]}

    def make_all(self) -> None:
        for key in self.entries:
            gone = getattr(self.dict, 'gone', ())
            if not dict.__contains__(self.dict, key) and key not in gone:
                dict.__setitem__(self.dict, key, self.make(key))
        lazy.become_full(self.dict)


def _lazy(entries: dict[str, int], cls: _Any = lazy.LazyDict) -> _Any:
    source = _Source(entries)
    source.dict = cls(source)
    return source.dict


def _plain(entries: dict[str, int]) -> dict[str, _Any]:
    return {key: {key: number} for key, number in entries.items()}


def _outcome(call: _Any, subject: _Any) -> _Any:
    try:
        return 'returned', call(subject)
    except KeyError as error:
        return 'raised', error.args


_CALLS: typing.Final[dict[str, _Any]] = {
    '[k]': lambda d, k, x: d[k],
    '[k] = x': lambda d, k, x: d.__setitem__(k, x),
    'del [k]': lambda d, k, x: d.__delitem__(k),
    'in': lambda d, k, x: k in d,
    'get': lambda d, k, x: d.get(k),
    'get with a default': lambda d, k, x: d.get(k, x),
    'setdefault': lambda d, k, x: d.setdefault(k, x),
    'pop': lambda d, k, x: d.pop(k),
    'pop with a default': lambda d, k, x: d.pop(k, x),
    'popitem': lambda d, k, x: d.popitem()[0] and None if len(d) > 1 else None,
    'update': lambda d, k, x: d.update({k: x}),
    'update with pairs': lambda d, k, x: d.update([(k, x)]),
    'update with names': lambda d, k, x: d.update(**{k: x}),
    '|=': lambda d, k, x: d.__ior__({k: x}) and None,
    '|': lambda d, k, x: d | {k: x},
    'other |': lambda d, k, x: {k: x} | d,
    'clear': lambda d, k, x: d.clear(),
    'len': lambda d, k, x: (len(d), bool(d)),
    'iter': lambda d, k, x: sorted(d),
    'reversed': lambda d, k, x: dict.fromkeys(reversed(d)).keys() ^ set(),
    'keys': lambda d, k, x: (sorted(d.keys()), len(d.keys())),
    'keys as a set': lambda d, k, x: sorted(d.keys() & {k, 'z'}),
    'values': lambda d, k, x: sorted(map(str, d.values())),
    'items': lambda d, k, x: sorted(d.items(), key=str),
    'copy': lambda d, k, x: d.copy(),
    'dict': lambda d, k, x: dict(d),
    '**': lambda d, k, x: {**d},
    'copy.copy': lambda d, k, x: copy.copy(d),
    'deepcopy': lambda d, k, x: copy.deepcopy(d),
    'pickle': lambda d, k, x: pickle.loads(pickle.dumps(d)),
    '==': lambda d, k, x: (d == {k: x}, d != {k: x}, d == dict(d)),
    'set': lambda d, k, x: sorted(set(d) | {k}),
    'fromkeys': lambda d, k, x: dict.fromkeys(d, x),
}
_READS: typing.Final = (
    '[k]',
    'in',
    'get',
    'get with a default',
    '|',
    'other |',
    'len',
    'iter',
    'reversed',
    'keys',
    'keys as a set',
    'values',
    'items',
    'copy',
    'dict',
    '**',
    'copy.copy',
    'deepcopy',
    'pickle',
    '==',
    'set',
    'fromkeys',
)


class _Dicts(stateful.RuleBasedStateMachine):
    """Whatever is done to it, it is as a plain dict would be."""

    @stateful.initialize(
        entries=st.dictionaries(_keys, st.integers(0, 3)), kept=st.booleans()
    )
    def begin(self, entries: dict[str, int], kept: bool) -> None:
        self.lazy = _lazy(entries)
        self.plain = _plain(entries)
        # Methods that somebody got hold of while it was lazy.
        self.held = {
            name: getattr(self.lazy, name)
            for name in ('get', 'items', 'keys', 'pop', '__contains__')
            if kept
        }

    @stateful.rule(
        name=st.sampled_from(sorted(_CALLS)),
        key=_keys,
        number=st.integers(4, 9),
    )
    def call(self, name: str, key: str, number: int) -> None:
        outcomes = [
            _outcome(lambda d: _CALLS[name](d, key, number), each)
            for each in (self.lazy, self.plain)
        ]
        if name == 'popitem':
            self.plain = dict(self.lazy)
            return
        assert outcomes[0] == outcomes[1]

    @stateful.rule(key=_keys)
    def call_a_method_that_is_held(self, key: str) -> None:
        if not self.held:
            return
        assert self.held['get'](key) == self.plain.get(key)
        assert self.held['__contains__'](key) == (key in self.plain)
        assert dict(self.held['items']()) == self.plain
        assert set(self.held['keys']()) == set(self.plain)
        assert self.held['pop'](key, 0) == self.plain.pop(key, 0)

    def teardown(self) -> None:
        if hasattr(self, 'lazy'):
            assert self.lazy == self.plain


TestDicts = _Dicts.TestCase


def test_an_entry_is_made_when_it_is_asked_for_and_once() -> None:
    made = _lazy({'a': 1, 'b': 2})
    assert (len(made), 'a' in made, sorted(made)) == (2, True, ['a', 'b'])
    assert made.source.made == []
    assert made['a'] is made['a'] is made.get('a')
    assert made.source.made == ['a']
    source = made.source
    assert sorted(made.items()) == [('a', {'a': 1}), ('b', {'b': 2})]
    assert source.made == ['a', 'b']
    assert not lazy.is_lazy(made)


@pytest.mark.parametrize('name', _READS)
@pytest.mark.parametrize('full', [False, True])
def test_a_frozen_one_is_read_as_any_other(name: str, full: bool) -> None:
    frozen = _lazy({'a': 1, 'b': 2}, lazy.FrozenLazyDict)
    if full:
        assert len(frozen.items()) == 2
    assert _CALLS[name](frozen, 'a', 5) == _CALLS[name](
        _plain({'a': 1, 'b': 2}), 'a', 5
    )


@pytest.mark.parametrize('name', sorted(set(_CALLS) - set(_READS)))
@pytest.mark.parametrize('full', [False, True])
def test_a_frozen_one_cannot_be_written_to(name: str, full: bool) -> None:
    frozen = _lazy({'a': 1, 'b': 2}, lazy.FrozenLazyDict)
    if full:
        assert len(frozen.items()) == 2
    with pytest.raises(exceptions.ReadOnlySnapshot, match='fork'):
        _CALLS[name](frozen, 'a', 5)
    assert dict(frozen) == _plain({'a': 1, 'b': 2})


def test_a_copy_of_a_frozen_one_can_be_written_to() -> None:
    frozen = lazy.FrozenDict(a=[1])
    for made in (
        frozen.copy(),
        copy.copy(frozen),
        copy.deepcopy(frozen),
        pickle.loads(pickle.dumps(frozen)),
        frozen | {},
    ):
        made['b'] = 1
        assert type(made) is dict
    assert frozen == {'a': [1]}


class _Dropped:
    """Notes which function was running when it was freed."""

    def __init__(self, droppers: list[_Any]) -> None:
        self.droppers = droppers

    def __del__(self) -> None:
        self.droppers.append(sys._getframe(1).f_code)


@pytest.mark.parametrize('cls', [lazy.LazyDict, lazy.FrozenLazyDict])
@pytest.mark.parametrize('full', [False, True])
def test_its_entries_are_freed_one_by_one(cls: type, full: bool) -> None:
    """To free very many at one go keeps all other threads from running."""
    droppers: list[_Any] = []
    made = cls(_Source({}))
    for key in 'abc':
        dict.__setitem__(made, key, _Dropped(droppers))
    if full:
        lazy.become_full(made)
    del made
    assert droppers == [lazy._drop.__code__] * 3

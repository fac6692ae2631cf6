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

"""Dicts that are filled from a snapshot when somebody looks.

networkx keeps a graph in dicts of dicts, and its algorithms reach into them.
A snapshot hands out such dicts at once and empty; an entry is made when it is
first asked for, and belongs to the caller from then on.

- A look-up that hits costs what it costs in a plain dict: that is asked
  first, and calls ``__missing__`` for the rest only.
- What needs all entries (``items``, ``copy``, ``popitem``, ...) fills the
  dict first; ``len``, ``in`` and iteration do not.  One that is full becomes
  an ordinary dict, by changing its class.
- A :class:`LazyDict` is the caller's own and tells what he took out or put in
  from what is still to be made.  A :class:`FrozenLazyDict` may be shared by
  many, and raises on every write.

Many threads may read one of them at a time, as they may a plain dict.  What is
written in C and looks into the memory of a dict, as ``json.dumps`` does with
the outermost one, sees what is made only: it is to be given ``copy()``.
"""

import collections.abc
import copy as copy_module
import threading
import typing

from cdm_graph import exceptions

_Any = typing.Any
_MISSING: typing.Final = object()


class Source(typing.Protocol):
    """Where a lazy dict has its entries from."""

    def __contains__(self, key: object) -> bool: ...

    def __iter__(self) -> collections.abc.Iterator[_Any]: ...

    def __len__(self) -> int: ...

    #: Held while an entry is made.
    lock: typing.Any

    def make(self, key: _Any) -> _Any:
        """Return the entry of a key.

        :raises KeyError: if there is none
        """

    def make_all(self) -> None:
        """Put all entries into the dict that are not there yet."""


class _Nothing:
    """The source of a dict that has all its entries."""

    lock = threading.RLock()

    def __contains__(self, key: object) -> bool:
        return False

    def __iter__(self) -> collections.abc.Iterator[_Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def make(self, key: _Any) -> _Any:
        raise KeyError(key)

    def make_all(self) -> None:
        pass


_NOTHING: typing.Final = _Nothing()


class _Dropped(_Nothing):
    """The source of a dict that nobody holds any more."""


_DROPPED: typing.Final = _Dropped()


def _drop(made: 'OwnDict | FullFrozenDict') -> None:
    """Drop the entries one by one, as the dict itself is dropped.

    To free a large graph at one go would hold up all other threads.  A weak
    reference still finds the dict meanwhile: hence the mark.
    """
    with made.lock:
        made.source = _DROPPED
    drop_one = dict.popitem
    try:
        while True:
            drop_one(made)
    except KeyError:
        return


def is_dropped(made: 'OwnDict | FullFrozenDict') -> bool:
    """Return whether a dict is being dropped; its lock has to be held."""
    return made.source is _DROPPED


class OwnDict(dict[_Any, _Any]):
    """A dict of the caller's own, full: what a :class:`LazyDict` becomes."""

    __slots__ = ('__weakref__', 'added', 'gone', 'lock', 'source')

    source: Source
    #: That of the first source, also when it is full.
    lock: typing.Any
    #: Keys of the caller's own, in their order, while it is lazy.
    added: dict[_Any, None]
    #: Keys of the source that the caller took out, while it is lazy.
    gone: set[_Any]

    __del__ = _drop

    def __reduce_ex__(self, _protocol: _Any) -> tuple[_Any, ...]:
        return dict, (dict(self),)


class _Lazy:
    """What a dict with entries still to be made does as any other dict."""

    __slots__ = ()

    def get(self, key: _Any, default: _Any = None) -> _Any:
        try:
            return typing.cast(_Any, self)[key]
        except KeyError:
            return default

    def __reversed__(self) -> collections.abc.Iterator[_Any]:
        return reversed(_filled(self))

    def keys(self) -> _Any:
        return collections.abc.KeysView(typing.cast(_Any, self))

    def values(self) -> _Any:
        return _filled(self).values()

    def items(self) -> _Any:
        return _filled(self).items()

    def copy(self) -> dict[_Any, _Any]:
        return dict(_filled(self))

    def __eq__(self, other: object) -> bool:
        return bool(_filled(self) == other)

    def __ne__(self, other: object) -> bool:
        return bool(_filled(self) != other)

    __hash__ = None  # type: ignore[assignment] # as a dict has none

    def __or__(self, other: _Any) -> _Any:
        return _filled(self) | other

    def __ror__(self, other: _Any) -> _Any:
        return other | _filled(self)

    def __repr__(self) -> str:
        return repr(_filled(self))


class LazyDict(_Lazy, OwnDict):
    """A dict whose entries are made when they are first asked for."""

    __slots__ = ()

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.lock = source.lock
        self.added = {}
        self.gone = set()

    # -- one entry ---------------------------------------------------------

    def __missing__(self, key: _Any) -> _Any:
        if key in self.gone:
            raise KeyError(key)
        return _make(self, key)

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key) or (
            key in self.source and key not in self.gone
        )

    def __setitem__(self, key: _Any, value: _Any) -> None:
        if not dict.__contains__(self, key):
            if key not in self.source:
                self.added[key] = None
            self.gone.discard(key)
        dict.__setitem__(self, key, value)

    def __delitem__(self, key: _Any) -> None:
        if key not in self:
            raise KeyError(key)
        dict.pop(self, key, None)
        if key in self.added:
            del self.added[key]
        else:
            self.gone.add(key)

    def setdefault(self, key: _Any, default: _Any = None) -> _Any:
        try:
            return self[key]
        except KeyError:
            self[key] = default
            return default

    def pop(self, key: _Any, default: _Any = _MISSING) -> _Any:
        try:
            value = self[key]
        except KeyError:
            if default is _MISSING:
                raise
            return default
        del self[key]
        return value

    # -- all entries -------------------------------------------------------

    def __len__(self) -> int:
        if not is_lazy(self):
            return dict.__len__(self)
        return len(self.source) - len(self.gone) + len(self.added)

    def __iter__(self) -> collections.abc.Iterator[_Any]:
        if not is_lazy(self):
            yield from dict.__iter__(self)
        for key in self.source:
            if key not in self.gone:
                yield key
        yield from tuple(self.added)

    def popitem(self) -> tuple[_Any, _Any]:
        return dict.popitem(_filled(self))

    def clear(self) -> None:
        dict.clear(self)
        become_full(self)

    def update(self, *args: _Any, **kwargs: _Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def __ior__(self, other: _Any) -> typing.Self:
        self.update(other)
        return self


def is_lazy(made: dict[_Any, _Any]) -> bool:
    """Return whether entries of a dict are still to be made."""
    return isinstance(made, LazyDict | FrozenLazyDict)


def become_full(made: 'LazyDict | FrozenLazyDict') -> None:
    """Make an ordinary dict of one that has all its entries."""
    # Somebody may hold a method of the class that it had.
    made.source = _NOTHING
    if isinstance(made, LazyDict):
        made.added.clear()
        made.gone.clear()
        made.__class__ = OwnDict  # type: ignore[assignment]
    else:
        made.__class__ = FullFrozenDict  # type: ignore[assignment]


def become_lazy(made: 'FullFrozenDict', source: Source) -> None:
    """Let entries of a frozen dict that are taken out be made anew."""
    made.source = source
    made.__class__ = FrozenLazyDict


def _filled(made: _Any) -> _Any:
    """Return the dict with all its entries made."""
    if is_lazy(made):
        made.source.make_all()
    return made


def _make(lazy: 'LazyDict | FrozenLazyDict', key: _Any) -> _Any:
    """Make an entry, unless another thread just did."""
    with lazy.source.lock:
        if dict.__contains__(lazy, key):
            return dict.__getitem__(lazy, key)
        value = lazy.source.make(key)
        dict.__setitem__(lazy, key, value)
        return value


def _refuse(_self: _Any, *_args: _Any, **_kwargs: _Any) -> typing.NoReturn:
    raise exceptions.ReadOnlySnapshot


class FrozenDict(dict[_Any, _Any]):
    """A dict that many share, and nobody can change."""

    __slots__ = ()

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def copy(self) -> dict[_Any, _Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, _Any]) -> dict[_Any, _Any]:
        return copy_module.deepcopy(dict(self), memo)

    def __reduce_ex__(self, _protocol: _Any) -> tuple[_Any, ...]:
        return dict, (dict(self),)


class FullFrozenDict(FrozenDict):
    """What a :class:`FrozenLazyDict` becomes that has all its entries."""

    __slots__ = ('__weakref__', 'lock', 'source')

    source: Source
    #: That of the first source, also when it is full.
    lock: typing.Any

    __del__ = _drop


class FrozenLazyDict(_Lazy, FullFrozenDict):
    """A frozen dict whose entries are made when they are first asked for."""

    __slots__ = ()

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.lock = source.lock

    def __missing__(self, key: _Any) -> _Any:
        return _make(self, key)

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key) or key in self.source

    def __len__(self) -> int:
        return len(self.source) if is_lazy(self) else dict.__len__(self)

    def __iter__(self) -> collections.abc.Iterator[_Any]:
        return iter(self.source) if is_lazy(self) else dict.__iter__(self)

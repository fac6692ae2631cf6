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

"""Kind and Relation: the words of the model, to which plugins add theirs.

They are used as the members of an enumeration are: there is one object for
each word, ``Kind('Instance')`` is that of this name, and a word that nobody
declared is a :class:`ValueError`.  Other than an enumeration they are open.
"""

import collections.abc
import typing

_TERM = typing.TypeVar('_TERM')


class _Vocabulary(type):
    """The type of kinds of words: each knows all that are declared."""

    _declared: dict[str, typing.Any]

    def __iter__(cls: type[_TERM]) -> collections.abc.Iterator[_TERM]:
        """Return all words, in the order in which they were declared."""
        words: dict[str, _TERM] = vars(cls)['_declared']
        return iter(tuple(words.values()))

    def __bool__(cls) -> bool:
        return True

    def __len__(cls) -> int:
        return len(cls._declared)

    def __contains__(cls, word: object) -> bool:
        return word in cls._declared


class Term(str, metaclass=_Vocabulary):
    """A word that was declared; a ``str``."""

    __slots__ = ()
    _declared: typing.ClassVar[dict[str, typing.Any]]

    def __init_subclass__(cls) -> None:
        cls._declared = {}
        for name, word in list(vars(cls).items()):
            if name.isupper():
                setattr(cls, name, cls.declare(word))

    def __new__(cls, word: str) -> typing.Self:
        """Return the word of that name.

        :raises ValueError: if nobody declared it
        """
        try:
            return typing.cast(typing.Self, cls._declared[word])
        except KeyError:
            raise ValueError(
                f'{word!r} is no {cls.__name__}; there are: '
                f'{", ".join(cls._declared)}.'
            ) from None

    @classmethod
    def declare(cls, word: str) -> typing.Self:
        """Return the word of that name, which is new or declared already."""
        known = cls._declared.get(word)
        if known is None:
            known = cls._declared[word] = str.__new__(cls, word)
        return typing.cast(typing.Self, known)

    @classmethod
    def withdraw(cls, word: str) -> None:
        """Let nobody have declared a word."""
        cls._declared.pop(word, None)

    @property
    def value(self) -> str:
        """The word as a plain string."""
        return str.__str__(self)

    def __reduce__(self) -> tuple[type[typing.Self], tuple[str]]:
        return type(self), (self.value,)


def _word(word: str) -> typing.Any:
    """Return what a class of words declares when it is made."""
    return word


class Relation(Term):
    """A typed edge; one relation for one ordered pair of elements."""

    HOSTED_ON: typing.ClassVar['Relation'] = _word('HOSTED_ON')
    MIGRATING_TO: typing.ClassVar['Relation'] = _word('MIGRATING_TO')
    MEMBER_OF: typing.ClassVar['Relation'] = _word('MEMBER_OF')
    IN_ZONE: typing.ClassVar['Relation'] = _word('IN_ZONE')
    OWNED_BY: typing.ClassVar['Relation'] = _word('OWNED_BY')
    OF_FLAVOR: typing.ClassVar['Relation'] = _word('OF_FLAVOR')
    ATTACHED_TO: typing.ClassVar['Relation'] = _word('ATTACHED_TO')
    PART_OF: typing.ClassVar['Relation'] = _word('PART_OF')
    OF_TYPE: typing.ClassVar['Relation'] = _word('OF_TYPE')
    SNAPSHOT_OF: typing.ClassVar['Relation'] = _word('SNAPSHOT_OF')
    BACKED_BY: typing.ClassVar['Relation'] = _word('BACKED_BY')


class Kind(Term):
    """The type of an element."""

    COMPUTE_NODE: typing.ClassVar['Kind'] = _word('ComputeNode')
    INSTANCE: typing.ClassVar['Kind'] = _word('Instance')
    HOST_AGGREGATE: typing.ClassVar['Kind'] = _word('HostAggregate')
    AVAILABILITY_ZONE: typing.ClassVar['Kind'] = _word('AvailabilityZone')
    SERVER_GROUP: typing.ClassVar['Kind'] = _word('ServerGroup')
    FLAVOR: typing.ClassVar['Kind'] = _word('Flavor')
    PROJECT: typing.ClassVar['Kind'] = _word('Project')
    PORT: typing.ClassVar['Kind'] = _word('Port')
    VOLUME: typing.ClassVar['Kind'] = _word('Volume')
    SHARE: typing.ClassVar['Kind'] = _word('Share')
    STORAGE_NODE: typing.ClassVar['Kind'] = _word('StorageNode')
    STORAGE_POOL: typing.ClassVar['Kind'] = _word('StoragePool')
    VOLUME_TYPE: typing.ClassVar['Kind'] = _word('VolumeType')
    VOLUME_SNAPSHOT: typing.ClassVar['Kind'] = _word('VolumeSnapshot')
    BAREMETAL_NODE: typing.ClassVar['Kind'] = _word('BaremetalNode')
    CHASSIS: typing.ClassVar['Kind'] = _word('Chassis')

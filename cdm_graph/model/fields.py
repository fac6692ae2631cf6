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

"""The types of the fields of elements: validated at the border, and shared.

What very many elements say is one object for all of them, which is most of
what an instance would weigh.
"""

import datetime
import functools
import sys
import typing

import pydantic

#: How many numbers, and mappings, are kept at hand to be shared.
_SHARED_NUMBERS: typing.Final = 4096
_SHARED_STRINGS: typing.Final = 1024
#: Names of a mapping that is shared: no more memory is kept than is saved.
_MOST_NAMES: typing.Final = 16


def read_moment(moment: object) -> object:
    """Return the moment that a text tells; anything else as it is.

    Several times quicker than pydantic.  What it cannot read is for that to
    refuse, or to know better.
    """
    if isinstance(moment, str):
        try:
            return _to_second(datetime.datetime.fromisoformat(moment))
        except ValueError:
            return moment
    return moment


def _to_second(moment: datetime.datetime) -> datetime.datetime:
    if moment.tzinfo is datetime.UTC and not moment.microsecond:
        return moment
    if not moment.utcoffset():
        return moment.replace(tzinfo=datetime.UTC, microsecond=0)
    try:
        return moment.astimezone(datetime.UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError('there is no such moment in UTC') from None


#: A moment in UTC in whole seconds, which is what Nova's database keeps.
Timestamp = typing.Annotated[
    datetime.datetime,
    pydantic.BeforeValidator(read_moment),
    pydantic.AfterValidator(_to_second),
]


class Strings(dict[str, str]):
    """Names and values that belong to an element: an immutable ``dict``.

    An element is shared by the live model and by every snapshot, so what it
    holds must not change under any of them.
    """

    __slots__ = ()

    def _refuse(self, *_args: typing.Any, **_kwargs: typing.Any) -> typing.Any:
        raise TypeError(
            'The mappings of an element are read-only: replace the attribute '
            'with a new dict instead of changing it.'
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def copy(self) -> dict[str, str]:
        """Return a copy that may be changed."""
        return dict(self)

    def __copy__(self) -> 'Strings':
        return self

    def __deepcopy__(self, _memo: typing.Any) -> 'Strings':
        return self

    def __reduce__(self) -> tuple[type, tuple[dict[str, str]]]:
        return type(self), (dict(self),)


#: What many elements say: names of hosts, projects, states.  One object for
#: all of them, which is most of what an instance would weigh.
Shared = typing.Annotated[str, pydantic.AfterValidator(sys.intern)]
SharedKey = typing.Annotated[Shared, pydantic.Field(min_length=1)]


@functools.lru_cache(maxsize=_SHARED_NUMBERS)
def _same_number(number: int) -> int:
    return number


@functools.lru_cache(maxsize=_SHARED_STRINGS)
def _same_strings(items: tuple[tuple[str, str], ...]) -> Strings:
    return Strings(items)


def _shared_strings(strings: dict[str, str]) -> Strings:
    if len(strings) > _MOST_NAMES:
        return Strings(strings)
    return _same_strings(tuple(strings.items()))


StringsField = typing.Annotated[
    dict[str, str], pydantic.AfterValidator(_shared_strings)
]
State = typing.Literal['up', 'down']
Status = typing.Literal['enabled', 'disabled']
Count = typing.Annotated[
    int, pydantic.Field(ge=0), pydantic.AfterValidator(_same_number)
]
#: An amount that need not be whole.
Amount = float
Key = typing.Annotated[str, pydantic.Field(min_length=1)]


def _encodable(text: str) -> str:
    text.encode()
    return text


#: The key of an element that exists since it is referred to: what is no key
#: has to be refused where it comes in, and not amid a change of the model.
Reference = typing.Annotated[str, pydantic.AfterValidator(_encodable)]
SharedReference = typing.Annotated[
    Reference, pydantic.AfterValidator(sys.intern)
]

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

"""The curated questions: what a graph database of the model is asked.

Each is a file of ``cypher/queries``; its name is the question's.  A head of
comments says what it asks, takes and answers, and the statement follows::

    // title: Instances of a host
    // about: One or more sentences; goes on in lines
    //   that are indented like this one.
    // parameter: host: string -- Name of the hypervisor.
    // parameter: limit: integer = 100 -- How many rows at most.
    // column: instance: string -- UUID of the server.
    MATCH (h:ComputeNode {hostname: $host}) ...

A default is written as in JSON; a parameter without one has to be given, and
only one whose default is null may be null.  Any column may be null.

A file that is not like this is refused, and the error names its line.  Nothing
here talks to a database.
"""

import collections.abc
import dataclasses
import datetime
import difflib
import enum
import functools
import importlib.resources
import json
import math
import re
import typing

from cdm_graph import exceptions

_SUFFIX: typing.Final = '.cypher'
_NAME: typing.Final = r'[a-z][a-z0-9_]*'
_ENTRY: typing.Final = re.compile(r'// (title|about|parameter|column): (.+)')
_CONTINUED: typing.Final = re.compile(r'//  +(\S.*)')
_COLUMN: typing.Final = re.compile(rf'({_NAME}): ([a-z ]+?) -- (.+)')
_DEFAULT: typing.Final = re.compile(rf'({_NAME}: [a-z ]+?) = (.+)')
#: What no parameter stands in, and a parameter; the longest part first.
_USES: typing.Final = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`"
    rf'|\$({_NAME})',
    re.DOTALL,
)
_INTEGER: typing.Final = re.compile(r'[+-]?[0-9]+')
_LARGEST: typing.Final = 2**63 - 1
_BOOLEANS: typing.Final = {
    'true': True,
    'yes': True,
    'false': False,
    'no': False,
}


class Type(enum.StrEnum):
    """What a parameter takes, or a column holds."""

    STRING = 'string'
    INTEGER = 'integer'
    FLOAT = 'float'
    BOOLEAN = 'boolean'
    DATETIME = 'datetime'
    STRINGS = 'list of string'


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """What a question can be given."""

    name: str
    type: Type
    default: typing.Any
    has_default: bool
    description: str

    @property
    def is_nullable(self) -> bool:
        """Whether it may be null."""
        return self.has_default and self.default is None

    def read(self, value: object) -> typing.Any:
        """Return a value of its type; text is read as one.

        :raises ValueError: if it is none
        """
        if value is None:
            if self.is_nullable:
                return None
            raise ValueError
        return _READERS[self.type](value)


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """What a question answers, row by row."""

    name: str
    type: Type
    description: str


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """A statement, and what it asks, takes and answers."""

    name: str
    title: str
    about: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    statement: str

    def values(
        self, given: collections.abc.Mapping[str, object]
    ) -> dict[str, typing.Any]:
        """Return a value for each parameter: what is given, or the default.

        :param given: values by name; text, as from a command line, is read
            as the type of the parameter: ``true`` or ``no``, a moment in ISO
            8601 (of UTC if it has no offset), strings with commas between
            them or as a list in JSON
        :raises cdm_graph.exceptions.QueryInvalid: if one is unknown, missing
            or of a wrong type; the message says what is expected
        """
        known = {each.name: each for each in self.parameters}
        for name in given:
            if name not in known:
                raise exceptions.QueryInvalid(
                    f'The question {self.name} has no parameter {name!r}'
                    f'{_hint(name, known)} It takes: '
                    f'{", ".join(known) or "none"}.'
                )
        return {
            each.name: self._value(each, given) for each in self.parameters
        }

    def _value(
        self,
        parameter: Parameter,
        given: collections.abc.Mapping[str, object],
    ) -> typing.Any:
        name = parameter.name
        if name not in given:
            if parameter.has_default:
                # Read anew: what is given out may be changed.
                return parameter.read(parameter.default)
            raise exceptions.QueryInvalid(
                f'The question {self.name} needs the parameter {name!r} '
                f'({parameter.type}): {parameter.description}'
            )
        try:
            return parameter.read(given[name])
        except (ValueError, OverflowError):
            also = ' or null' if parameter.is_nullable else ''
            raise exceptions.QueryInvalid(
                f'The parameter {name!r} of the question {self.name} has to '
                f'be {_EXPECTED[parameter.type]}{also}, and not '
                f'{given[name]!r}.'
            ) from None


@functools.cache
def names() -> tuple[str, ...]:
    """Return the names of all questions, sorted."""
    return tuple(
        sorted(
            each.name.removesuffix(_SUFFIX)
            for each in _folder().iterdir()
            if each.name.endswith(_SUFFIX)
        )
    )


@functools.cache
def find(name: str) -> Question:
    """Return the question of that name.

    :raises cdm_graph.exceptions.QuestionNotFound: if there is none
    :raises cdm_graph.exceptions.QueryInvalid: if its file is wrong
    """
    if name not in names():
        raise exceptions.QuestionNotFound(
            f'There is no question {name!r}{_hint(name, names())}'
        )
    file = _folder() / f'{name}{_SUFFIX}'
    return parse(name, file.read_bytes())


def all_questions() -> tuple[Question, ...]:
    """Return all questions, sorted by name."""
    return tuple(map(find, names()))


def parse(name: str, content: bytes) -> Question:
    """Return the question that a file holds.

    :raises cdm_graph.exceptions.QueryInvalid: if it is no such file
    """
    try:
        return _Reader().read(name, content.decode())
    except ValueError as error:
        raise exceptions.QueryInvalid(f'{name}{_SUFFIX}: {error}') from error


class _Reader:
    """Reads one file, and raises a ValueError about what is wrong in it."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._parameters: dict[str, Parameter] = {}
        self._columns: dict[str, Column] = {}

    def read(self, name: str, text: str) -> Question:
        lines = text.splitlines()
        head = next(
            (at for at, line in enumerate(lines) if not line.startswith('//')),
            len(lines),
        )
        for number, entry, value in _entries(lines[:head]):
            try:
                self._add(entry, value)
            except ValueError as error:
                raise ValueError(f'line {number}: {error}') from error
        statement = '\n'.join(lines[head:]).strip()
        self._check(statement)
        return Question(
            name=name,
            title=self._texts['title'],
            about=self._texts['about'],
            parameters=tuple(self._parameters.values()),
            columns=tuple(self._columns.values()),
            statement=statement,
        )

    def _add(self, entry: str, value: str) -> None:
        if entry in ('title', 'about'):
            _add_once(self._texts, entry, value)
        elif entry == 'parameter':
            parameter = _parameter(value)
            _add_once(self._parameters, parameter.name, parameter)
        else:
            column = _column(value)
            _add_once(self._columns, column.name, column)

    def _check(self, statement: str) -> None:
        """Refuse a file that lacks something, or has too much."""
        for entry in ('title', 'about'):
            if entry not in self._texts:
                raise ValueError(f'its head has no {entry}')
        if not self._columns:
            raise ValueError('its head has no column')
        if not statement:
            raise ValueError('it has no statement')
        used = {found for found in _USES.findall(statement) if found}
        for name in sorted(used - set(self._parameters)):
            raise ValueError(f'its head has no parameter {name}')
        for name in sorted(set(self._parameters) - used):
            raise ValueError(f'its statement does not use ${name}')


def _folder() -> typing.Any:
    return importlib.resources.files('cdm_graph') / 'cypher' / 'queries'


def _entries(
    lines: collections.abc.Sequence[str],
) -> collections.abc.Iterator[tuple[int, str, str]]:
    """Yield the entries of a head: line, what it is, and its text."""
    found: list[tuple[int, str, str]] = []
    for number, line in enumerate(lines, start=1):
        if entry := _ENTRY.fullmatch(line):
            found.append((number, entry[1], entry[2].strip()))
        elif found and (more := _CONTINUED.fullmatch(line)):
            at, name, text = found.pop()
            found.append((at, name, f'{text} {more[1].strip()}'))
        else:
            raise ValueError(
                f'line {number}: {line!r} is no entry of a head: title, '
                f'about, parameter or column, each after "// "'
            )
    yield from found


def _add_once(known: dict[str, typing.Any], name: str, value: object) -> None:
    if name in known:
        raise ValueError(f'{name} is there twice')
    known[name] = value


def _parameter(text: str) -> Parameter:
    """Return the parameter of "name: type = default -- description"."""
    found = _DEFAULT.fullmatch(text)
    if found is None:
        name, kind, description = _column_parts(text)
        return Parameter(name, kind, None, False, description)
    try:
        default, end = json.JSONDecoder().raw_decode(found[2])
    except ValueError:
        raise ValueError(f'the default in {text!r} is no JSON') from None
    rest = found[2][end:]
    name, kind, description = _column_parts(found[1] + rest)
    made = Parameter(name, kind, None, True, description)
    try:
        return dataclasses.replace(made, default=made.read(default))
    except ValueError:
        raise ValueError(
            f'the default of {name} has to be {_EXPECTED[kind]} or null, and '
            f'not {default!r}'
        ) from None


def _column(text: str) -> Column:
    return Column(*_column_parts(text))


def _column_parts(text: str) -> tuple[str, Type, str]:
    parts = _COLUMN.fullmatch(text)
    if parts is None:
        raise ValueError(f'{text!r} is not like "name: type -- description"')
    return parts[1], _type(parts[2]), parts[3]


def _type(text: str) -> Type:
    try:
        return Type(text)
    except ValueError:
        raise ValueError(
            f'there is no type {text!r}; there are: {", ".join(Type)}'
        ) from None


def _hint(name: str, known: collections.abc.Iterable[str]) -> str:
    near = difflib.get_close_matches(name, tuple(known), n=3, cutoff=0.5)
    return f'; near are: {", ".join(near)}.' if near else '.'


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    # A lone surrogate cannot be sent to a database.
    value.encode()
    return value


def _integer(value: object) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError
    if not -_LARGEST - 1 <= value <= _LARGEST:
        raise ValueError
    return value


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _boolean(value: object) -> bool:
    if isinstance(value, str):
        value = _BOOLEANS.get(value.strip().lower())
    if not isinstance(value, bool):
        raise ValueError
    return value


def _datetime(value: object) -> datetime.datetime:
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value.strip())
    if not isinstance(value, datetime.datetime):
        raise ValueError
    if value.tzinfo is None:
        return value.replace(tzinfo=datetime.UTC)
    return value.astimezone(datetime.UTC)


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        text = value.strip()
        if text.startswith('['):
            value = json.loads(text)
        else:
            parts = (part.strip() for part in text.split(','))
            value = [part for part in parts if part]
    if not isinstance(value, list | tuple):
        raise ValueError
    return [_string(each) for each in value]


_READERS: typing.Final[
    dict[Type, collections.abc.Callable[[object], typing.Any]]
] = {
    Type.STRING: _string,
    Type.INTEGER: _integer,
    Type.FLOAT: _float,
    Type.BOOLEAN: _boolean,
    Type.DATETIME: _datetime,
    Type.STRINGS: _strings,
}
_EXPECTED: typing.Final = {
    Type.STRING: 'a string',
    Type.INTEGER: 'an integer of 64 bits',
    Type.FLOAT: 'a number',
    Type.BOOLEAN: 'true or false',
    Type.DATETIME: 'a moment in ISO 8601',
    Type.STRINGS: 'a list of strings',
}

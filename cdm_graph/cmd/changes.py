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

"""Changes on the command line: which are wanted, and how they are told."""

import argparse
import collections.abc
import typing

from cdm_graph.model import schema

_Row = dict[str, typing.Any]

#: Attributes that change whenever anything does.
_STAMPS: typing.Final = frozenset({'kind', 'updated_at'})
#: What is told of an element that came or went.
_TELLING: typing.Final = (
    'node',
    'host',
    'vm_state',
    'flavor_name',
    'service_host',
    'state',
)


def add_kind(parser: argparse.ArgumentParser) -> None:
    """Declare ``--kind``."""
    parser.add_argument(
        '--kind',
        action='append',
        default=[],
        choices=[kind.value for kind in schema.Kind],
        metavar='KIND',
        help='A kind of elements, such as Instance; may be repeated.',
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare what chooses among changes."""
    parser.add_argument(
        'element',
        nargs='?',
        metavar='ELEMENT',
        help='Name or UUID of a server, a host or something else; all if it '
        'is left out.',
    )
    add_kind(parser)
    parser.add_argument(
        '--project', metavar='ID', help='What is of a project.'
    )
    parser.add_argument(
        '--host',
        metavar='NAME',
        help='What is, or was, on a host; the host itself as well.',
    )


def selection(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Return what the options choose, as the daemon takes it."""
    wanted = [('kind', kind) for kind in options.kind]
    wanted += [
        (name, value)
        for name in ('element', 'project', 'host')
        if (value := getattr(options, name)) is not None
    ]
    return wanted


def line(row: _Row) -> str:
    """Return a change in one line."""
    why = row['cause']
    if row['request_id']:
        why += f' {row["request_id"]}'
    return f'{row["at"]}  {row["kind"]} {row["name"]}  {details(row)}  ({why})'


def details(row: _Row) -> str:
    """Return in words what became different."""
    if row['what'] in ('created', 'deleted'):
        return ' '.join([row['what'], *telling(_came_or_went(row))])
    told = [
        f'{name}: {_word(each["before"])} -> {_word(each["after"])}'
        for name, each in row['changed'].items()
        if name not in _STAMPS
    ]
    if not told:
        told = [*_ends('+', row['related']), *_ends('-', row['unrelated'])]
    return ', '.join(told) or 'touched'


def telling(attributes: _Row) -> collections.abc.Iterator[str]:
    """Yield what tells most of an element, by its attributes."""
    for name in _TELLING:
        value = attributes.get(name)
        if value is not None:
            yield f'{name}={value}'


def _came_or_went(row: _Row) -> _Row:
    """Return the attributes of an element that is new, or gone."""
    side = 'after' if row['what'] == 'created' else 'before'
    return {name: each[side] for name, each in row['changed'].items()}


def _ends(
    sign: str, ends: list[dict[str, str]]
) -> collections.abc.Iterator[str]:
    for end in ends:
        yield f'{sign}{end["relation"]} {end["target"]}'


def _word(value: typing.Any) -> str:
    return '-' if value is None else str(value)

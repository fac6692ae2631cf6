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

"""From the file of racks to elements of the model.

Whatever is wrong with the file makes one error that tells where: a part of it
is never taken for the whole, since what it lacks would seem to be gone.
"""

import collections
import collections.abc
import pathlib
import typing

import pydantic
import yaml

from cdm_graph.model import schema
from cdm_graph_racks import elements
from cdm_graph_racks import errors

#: Of what the entries of each section are.
_CLASSES: typing.Final[dict[str, type[schema.Element]]] = {
    'switches': elements.Switch,
    'racks': elements.Rack,
}


class _Loader(yaml.SafeLoader):
    """Refuses a name that is there twice: YAML would take the last one."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[collections.abc.Hashable, typing.Any]:
        """Return a mapping whose names differ."""
        names: list[object] = []
        for key, _ in node.value:
            if key.value in names:
                raise yaml.constructor.ConstructorError(
                    problem=f'{key.value} is there twice',
                    problem_mark=key.start_mark,
                )
            names.append(key.value)
        return super().construct_mapping(node, deep)


def read(path: pathlib.Path) -> tuple[schema.Element, ...]:
    """Return the racks and switches that a file tells of.

    :raises InventoryUnavailable: if it cannot be read
    :raises InventoryInvalid: if it cannot be understood
    """
    try:
        told = _Loader(path.read_bytes()).get_single_data()
    except OSError as error:
        raise errors.InventoryUnavailable(
            f'{path} cannot be read: {error.strerror}. Put the file there, '
            'or correct [racks] path.'
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # The parser's words tell the line and the column.
        raise _invalid(path, 'no YAML', str(error)) from error
    found = tuple(_elements(path, told))
    _refuse_doubles(path, found)
    return found


def _elements(
    path: pathlib.Path, told: object
) -> collections.abc.Iterator[schema.Element]:
    if not isinstance(told, dict) or told.keys() != _CLASSES.keys():
        raise _invalid(
            path,
            'no inventory',
            f'at its top have to be {" and ".join(_CLASSES)}, and no more',
        )
    for section, cls in _CLASSES.items():
        entries = told[section]
        if not isinstance(entries, list):
            raise _invalid(path, f'wrong in {section}', 'that is no list')
        for number, entry in enumerate(entries, 1):
            yield _element(path, f'entry {number} of {section}', cls, entry)


def _element(
    path: pathlib.Path,
    place: str,
    cls: type[schema.Element],
    entry: typing.Any,
) -> schema.Element:
    """Return what an entry tells of; it is validated as it is made."""
    if not isinstance(entry, dict) or not all(
        isinstance(name, str) for name in entry
    ):
        why = 'it is no mapping of names to values'
    else:
        try:
            return cls(**entry)
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False)[0]
            why = f'{".".join(map(str, first["loc"]))}: {first["msg"]}'
    raise _invalid(path, f'wrong in {place}', f'{why} ({entry!r:.200})')


def _refuse_doubles(
    path: pathlib.Path, found: collections.abc.Iterable[schema.Element]
) -> None:
    named: list[str] = []
    for element in found:
        named.append(f'{element.kind} {schema.key_of(element).key}')
        if isinstance(element, elements.Rack):
            named += [f'host {host}' for host in element.hosts]
    for name, times in collections.Counter(named).items():
        if times > 1:
            raise _invalid(
                path, 'contradicting itself', f'it has {name} {times} times'
            )


def _invalid(
    path: pathlib.Path, what: str, why: str
) -> errors.InventoryInvalid:
    return errors.InventoryInvalid(
        f'{path} is {what}: {" ".join(why.split())}. Until that is corrected '
        'the racks stay as they were.'
    )

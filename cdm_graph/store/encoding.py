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

"""Elements as a graph database can hold them, and back.

A database has no nested values, no nulls and integers of 64 bits.  So

- an attribute that is none is left out;
- a mapping is a sorted list of ``name=value``; in a name ``%`` is ``%25`` and
  ``=`` is ``%3D``;
- an integer of more than 64 bits is its decimal text;
- what is no Unicode text (a lone surrogate) is written with a backslash;
- moments are the database's own, in UTC.

Beside the attributes a node has ``region``, ``id`` (its vertex) and ``hash``,
which is of all that is written of an element, relations as well: two elements
with the same hash need not be compared.
"""

import collections.abc
import datetime
import graphlib
import hashlib
import typing

import orjson

from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.store import contract

_SMALLEST: typing.Final = -(2**63)
_LARGEST: typing.Final = 2**63 - 1
_HASH_SIZE: typing.Final = 12

#: The ends of each type of relation that leaves a kind: a kind has no two to
#: different kinds.
LEAVING: typing.Final[
    dict[schema.Kind, dict[schema.Relation, schema.Kind]]
] = {
    kind: {
        relation: target
        for source, relation, target, _ in schema.RELATIONS
        if source is kind
    }
    for kind in schema.Kind
}
#: The kinds in an order in which the target of each relation comes before its
#: source: no kinds lead to each other in a circle.
ORDER: typing.Final = tuple(
    graphlib.TopologicalSorter(
        {kind: set(leaving.values()) for kind, leaving in LEAVING.items()}
    ).static_order()
)
_NAMES: typing.Final = {
    kind: tuple(attribute.name for attribute in attributes)
    for kind, attributes in schema.ATTRIBUTES.items()
}


def record(
    model: root.ModelRoot, element: schema.Element, region: str
) -> contract.Record:
    """Return an element of a model as a store holds it."""
    kind = element.kind
    vertex = schema.key_of(element).vertex
    related: dict[schema.Relation, list[str]] = {
        relation: [] for relation in LEAVING[kind]
    }
    for target, relation in model.targets(element).items():
        related[relation].append(_text(target))
    relations = {
        relation: tuple(sorted(targets))
        for relation, targets in related.items()
    }
    properties: contract.Properties = {
        name: _value(value)
        for name, value in zip(
            _NAMES[kind], schema.values_of(element), strict=True
        )
        if value is not None
    }
    properties['region'] = region
    properties['id'] = _text(vertex)
    properties['hash'] = _hash(properties, relations)
    return contract.Record(kind, _text(vertex), properties, relations)


def vertex_id(key: schema.ElementKey) -> str:
    """Return what a store knows an element by."""
    return _text(key.vertex)


def facts(
    kind: schema.Kind, properties: collections.abc.Mapping[str, typing.Any]
) -> dict[str, typing.Any]:
    """Return the attributes that a node tells, as the schema takes them."""
    told: dict[str, typing.Any] = {}
    for attribute in schema.ATTRIBUTES[kind]:
        if attribute.name in properties:
            told[attribute.name] = _fact(attribute, properties[attribute.name])
    return told


def _hash(
    properties: contract.Properties,
    relations: dict[schema.Relation, tuple[str, ...]],
) -> str:
    said = orjson.dumps(
        (properties, relations),
        option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS,
    )
    return hashlib.blake2b(said, digest_size=_HASH_SIZE).hexdigest()


def _value(value: typing.Any) -> typing.Any:
    match value:
        case str():
            return _text(value)
        case bool() | float() | datetime.datetime():
            return value
        case int():
            return value if _SMALLEST <= value <= _LARGEST else str(value)
        case dict():
            return sorted(
                f'{_name(_text(name))}={_text(str(each))}'
                for name, each in value.items()
            )
        case list() | tuple():
            return [_text(str(each)) for each in value]
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    if text.isascii():
        return text
    return text.encode('utf-8', 'backslashreplace').decode()


def _name(name: str) -> str:
    return name.replace('%', '%25').replace('=', '%3D')


def _fact(attribute: schema.Attribute, value: typing.Any) -> typing.Any:
    if isinstance(value, list):
        if tuple in attribute.types:
            return tuple(value)
        pairs = (each.partition('=') for each in value)
        return {
            name.replace('%3D', '=').replace('%25', '%'): told
            for name, _, told in pairs
        }
    return value

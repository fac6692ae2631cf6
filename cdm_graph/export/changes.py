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

"""Changes as plain values, as the API and the command line show them.

A row tells only what became different.  Its fields are a promise: what is
shown of an element are the attributes of the schema.
"""

import collections.abc
import typing

from cdm_graph.export import values
from cdm_graph.model import change
from cdm_graph.model import change_log
from cdm_graph.model import schema
from cdm_graph.model import selection

_NOTHING: typing.Final[dict[str, typing.Any]] = {}


def row(entry: change_log.Entry) -> dict[str, typing.Any]:
    """Return a change as JSON has it.

    :returns: ``run``, another one after each start of the daemon, and
        ``sequence``, the number in it; ``at``, when the model showed it;
        ``kind``, ``id`` and ``name`` of the element; ``what``, which is
        *created*, *deleted*, *changed* or, where only the other end of a
        relation came or went, *related*; ``cause`` and ``request_id``;
        ``changed``, by attribute what it was and what it is; ``related`` and
        ``unrelated``, lists of relations and the vertices that they lead to
    """
    each = entry.change
    return {
        'run': entry.run,
        'sequence': each.sequence,
        'at': values.instant(entry.at),
        'kind': each.key.kind.value,
        'id': each.key.vertex,
        'name': _name(each),
        'what': _what(each),
        'cause': each.cause.what,
        'request_id': each.cause.request_id,
        'changed': _changed(each),
        'related': _ends(each.related),
        'unrelated': _ends(each.unrelated),
    }


def _name(each: change.Change) -> str:
    element = each.after or each.before
    return each.key.key if element is None else selection.name_of(element)


def _what(each: change.Change) -> str:
    if each.before is None:
        return 'created'
    if each.after is None:
        return 'deleted'
    return 'related' if each.before == each.after else 'changed'


def _changed(each: change.Change) -> dict[str, typing.Any]:
    return {
        name: {'before': values.plain(before), 'after': values.plain(after)}
        for name, before, after in _differences(each.before, each.after)
    }


def _differences(
    before: schema.Element | None, after: schema.Element | None
) -> collections.abc.Iterator[tuple[str, typing.Any, typing.Any]]:
    """Yield the attributes that differ, and what they were and are."""
    if before is None or after is None:
        for name, value in _attributes(before).items():
            yield name, value, None
        for name, value in _attributes(after).items():
            yield name, None, value
        return
    for attribute, old, new in zip(
        schema.ATTRIBUTES[after.kind],
        schema.values_of(before),
        schema.values_of(after),
        strict=True,
    ):
        # Most are the very same object.
        if old is not new and old != new:
            yield attribute.name, old, new


def _attributes(element: schema.Element | None) -> dict[str, typing.Any]:
    """Return the attributes that an element has a value for."""
    if element is None:
        return _NOTHING
    return {
        name: value
        for name, value in schema.attributes_of(element).items()
        if value is not None
    }


def _ends(edges: tuple[change.Edge, ...]) -> list[dict[str, str]]:
    return [
        {'relation': edge.relation.value, 'target': edge.target}
        for edge in edges
    ]

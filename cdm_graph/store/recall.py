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

"""What a store remembers of a model, for a daemon that starts anew."""

import collections
import collections.abc
import typing

from oslo_log import log
import pydantic

from cdm_graph.model import recollection
from cdm_graph.model import schema
from cdm_graph.store import contract
from cdm_graph.store import encoding

LOG = log.getLogger(__name__)

_KIND = schema.Kind
_ATTACHED_TO = schema.Relation.ATTACHED_TO
#: The fields of an instance that name what is attached to it.
_DEVICES: typing.Final = {
    _KIND.PORT: 'ports',
    _KIND.VOLUME: 'volumes',
    _KIND.SHARE: 'shares',
}
_Facts = dict[str, dict[str, typing.Any]]


def recall(
    store: contract.GraphStore,
) -> recollection.Recollection | None:
    """Return the model that a store holds; none if it holds none.

    What no relation tells is not remembered, such as the hosts of an
    aggregate that have no node: the next synchronize tells it.

    :raises cdm_graph.exceptions.StoreError: if it cannot be read
    """
    cursor = store.cursor()
    if cursor is None or cursor.synchronized_at is None:
        return None
    return recollection.Recollection(
        tuple(_elements(store)), cursor.synchronized_at
    )


def _elements(
    store: contract.GraphStore,
) -> collections.abc.Iterator[schema.Element]:
    told = {
        kind: _facts(store, kind)
        for kind in schema.Kind
        if kind not in schema.BARE_KINDS
    }
    for kind, links in schema.LINKS.items():
        # Where a field names others in several ways, one tells them all.
        for link in {each.field: each for each in reversed(links)}.values():
            if not schema.is_attribute(kind, link.field):
                _add_linked(store, told, kind, link)
    for device, field in _DEVICES.items():
        for source, instance in store.ends(
            device, _ATTACHED_TO, _KIND.INSTANCE
        ):
            key = schema.key_at(device, source).key
            _add(told[_KIND.INSTANCE], instance, field, key)
    for kind, several in told.items():
        yield from _built(kind, several)


def _add_linked(
    store: contract.GraphStore,
    told: dict[schema.Kind, _Facts],
    kind: schema.Kind,
    link: schema.Link,
) -> None:
    """Add to the elements of a kind what the relations of a link tell."""
    is_out = link.direction is schema.Direction.OUT
    for ends in store.ends(*link.ends(kind)):
        own, other = ends if is_out else reversed(ends)
        called: str | None = schema.key_at(link.other, other).key
        if link.by:
            called = told[link.other].get(other, {}).get(link.by)
        _add(told[kind], own, link.field, called)


def _facts(store: contract.GraphStore, kind: schema.Kind) -> _Facts:
    return {
        str(properties['id']): encoding.facts(kind, properties)
        for properties in store.nodes(kind)
    }


def _add(several: _Facts, vertex: str, field: str, value: str | None) -> None:
    if vertex in several and value is not None:
        several[vertex].setdefault(field, set()).add(value)


def _built(
    kind: schema.Kind, several: _Facts
) -> collections.abc.Iterator[schema.Element]:
    forgotten: collections.Counter[str] = collections.Counter()
    for facts in several.values():
        for name, value in facts.items():
            if isinstance(value, set):
                facts[name] = tuple(sorted(value))
        try:
            yield schema.ELEMENT_CLASSES[kind](**facts)
        except (pydantic.ValidationError, TypeError) as error:
            forgotten[str(error).partition('\n')[0]] += 1
    for reason, count in forgotten.items():
        LOG.warning(
            '%d of kind %s are not taken from the store: %s',
            count,
            kind,
            reason,
        )

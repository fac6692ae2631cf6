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
_MEMBER_OF = schema.Relation.MEMBER_OF
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
    nodes = _facts(store, _KIND.COMPUTE_NODE)
    yield from _built(_KIND.COMPUTE_NODE, nodes)
    aggregates = _facts(store, _KIND.HOST_AGGREGATE)
    hosts = {
        vertex: str(facts.get('service_host'))
        for vertex, facts in nodes.items()
    }
    for node, aggregate in store.ends(
        _KIND.COMPUTE_NODE, _MEMBER_OF, _KIND.HOST_AGGREGATE
    ):
        _add(aggregates, aggregate, 'hosts', hosts.get(node))
    yield from _built(_KIND.HOST_AGGREGATE, aggregates)
    yield from _built(_KIND.FLAVOR, _facts(store, _KIND.FLAVOR))
    groups = _facts(store, _KIND.SERVER_GROUP)
    for instance, group in store.ends(
        _KIND.INSTANCE, _MEMBER_OF, _KIND.SERVER_GROUP
    ):
        _add(groups, group, 'members', instance)
    for group, project in store.ends(
        _KIND.SERVER_GROUP, schema.Relation.OWNED_BY, _KIND.PROJECT
    ):
        if group in groups:
            groups[group]['project_id'] = schema.key_at(
                _KIND.PROJECT, project
            ).key
    yield from _built(_KIND.SERVER_GROUP, groups)
    instances = _facts(store, _KIND.INSTANCE)
    for kind, field in _DEVICES.items():
        for device, instance in store.ends(kind, _ATTACHED_TO, _KIND.INSTANCE):
            _add(instances, instance, field, schema.key_at(kind, device).key)
    yield from _built(_KIND.INSTANCE, instances)


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

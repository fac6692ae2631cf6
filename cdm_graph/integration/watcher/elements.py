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

"""Watcher's elements, which know their facts when they are asked.

They are of Watcher's own classes, so that whatever looks at their type, their
fields, or compares, prints or changes them finds what it expects.  Only the
facts come from an element of the model, each when it is first read, by the
way that versioned objects have for that: making one costs next to nothing.

What is written to one stays in it: it belongs to one model, of one strategy.
"""

import collections.abc
import copy
import datetime
import typing

from watcher.decision_engine.model import element
from watcher.objects import base

from cdm_graph.integration.watcher import capacity
from cdm_graph.model import schema

_UNKNOWN: typing.Final = datetime.datetime.fromtimestamp(0, tz=datetime.UTC)
_Tell = collections.abc.Callable[[typing.Any], typing.Any]


class _Lazy:
    """What reads its fields where it was made from, when they are asked for.

    ``facts`` tells for each field how.
    """

    facts: typing.ClassVar[dict[str, _Tell]]
    fields: typing.ClassVar[dict[str, typing.Any]]
    uuid: str
    as_dict: collections.abc.Callable[[], dict[str, typing.Any]]

    def _begin(self) -> None:
        # Not by way of Watcher's constructor of elements: it would set
        # defaults in the place of facts.
        base.WatcherObject.__init__(self)

    def obj_load_attr(self, attrname: str) -> None:
        """Read a field."""
        name = base.get_attrname(attrname)
        setattr(self, name, self.facts[attrname](self))

    def obj_attr_is_set(self, attrname: str) -> bool:
        """Return whether a field has a value: each has, once it is read."""
        if attrname in self.fields:
            return True
        is_set = super().obj_attr_is_set(attrname)  # type: ignore[misc]
        return bool(is_set)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, _Lazy):
            return super().__eq__(other)
        # The first says it without reading all fields of both.
        return self.uuid == other.uuid and self.as_dict() == other.as_dict()

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: dict[int, typing.Any]) -> typing.Self:
        copied = copy.copy(self)
        memo[id(self)] = copied
        vars(copied).update(
            (name, copy.deepcopy(value, memo))
            for name, value in vars(self).items()
            if name != '_context'
        )
        return copied


class ComputeNode(_Lazy, element.ComputeNode):  # type: ignore[misc]
    """A node as Watcher sees it.

    :param of: the node of the model
    :param offered: what it offers
    """

    facts: typing.ClassVar[dict[str, _Tell]] = {
        'uuid': lambda self: self._of.uuid,
        'hostname': lambda self: self._of.service_host,
        'status': lambda self: self._of.status,
        'disabled_reason': lambda self: self._of.disabled_reason,
        'state': lambda self: self._of.state,
        'memory': lambda self: self._offered.memory_mb.total,
        'memory_mb_reserved': lambda self: self._offered.memory_mb.reserved,
        'memory_ratio': lambda self: self._offered.memory_mb.ratio,
        'disk': lambda self: self._offered.disk_gb.total,
        'disk_gb_reserved': lambda self: self._offered.disk_gb.reserved,
        'disk_ratio': lambda self: self._offered.disk_gb.ratio,
        'vcpus': lambda self: self._offered.vcpus.total,
        'vcpu_reserved': lambda self: self._offered.vcpus.reserved,
        'vcpu_ratio': lambda self: self._offered.vcpus.ratio,
    }

    def __init__(
        self, of: schema.ComputeNode, offered: capacity.Capacity
    ) -> None:
        self._begin()
        self._of = of
        self._offered = offered


class Instance(_Lazy, element.Instance):  # type: ignore[misc]
    """A server as Watcher sees it.

    :param of: the instance of the model
    """

    facts: typing.ClassVar[dict[str, _Tell]] = {
        'uuid': lambda self: self._of.uuid,
        'watcher_exclude': lambda self: False,
        'name': lambda self: self._of.name,
        'state': lambda self: self._of.vm_state,
        'memory': lambda self: self._of.memory_mb,
        'disk': lambda self: self._of.resources.disk_gb,
        'vcpus': lambda self: self._of.vcpus,
        'metadata': lambda self: dict(self._of.metadata),
        'project_id': lambda self: self._of.project_id or '',
        'locked': lambda self: self._of.locked,
        'host': lambda self: self._of.host or '',
        'hypervisor_hostname': lambda self: self._of.node or '',
        'created': lambda self: self._of.created_at or _UNKNOWN,
        'pinned_az': lambda self: self._pinned_az(),
        'flavor_extra_specs': lambda self: self._extra_specs(),
    }

    def __init__(self, of: schema.Instance) -> None:
        self._begin()
        self._of = of

    def _pinned_az(self) -> str:
        return ''

    def _extra_specs(self) -> dict[str, str]:
        return {}


class ExtendedInstance(Instance):
    """A server with what Watcher's extended compute model adds."""

    def _pinned_az(self) -> str:
        return self._of.pinned_availability_zone or ''

    def _extra_specs(self) -> dict[str, str]:
        return dict(self._of.extra_specs)


#: Versioned objects are named by their classes, in what they print too.
ExtendedInstance.__name__ = Instance.__name__

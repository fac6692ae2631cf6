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

"""Nova's notifications in the legacy format, which has no versions.

One cannot tell whether it is newer than what is known, so it only ever makes
its element to be read; but for a deletion, which is final.
"""

import dataclasses
import typing

from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification.nova import events
from cdm_graph.notification.nova import notification
from cdm_graph.notification.nova import payload

_AUTHORITY = events.Authority
_KIND = schema.Kind
_REASON: typing.Final = 'legacy format'


@dataclasses.dataclass(frozen=True, slots=True)
class LegacyNotification(notification.Notification):
    """A notification in Nova's legacy format.

    :param data: the payload
    """

    data: payload.Payload


class LegacyInstance(LegacyNotification):
    """Something happened to a server."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        uuid = payload.uuid(self.data, 'instance_id')
        key = schema.ElementKey(_KIND.INSTANCE, uuid)
        if self.authority is _AUTHORITY.DELETION:
            return mutation.Deletion(key)
        return mutation.Doubt((key,), _REASON, mutation.Reread.TWICE)


class LegacyAggregate(LegacyNotification):
    """Something happened to an aggregate; it does not tell its UUID."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        key = schema.ElementKey(_KIND.HOST_AGGREGATE, schema.EVERY)
        return mutation.Doubt((key,), _REASON)


class LegacyService(LegacyNotification):
    """An operator changed a host."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        key = schema.ElementKey(_KIND.COMPUTE_NODE, schema.EVERY)
        return mutation.Doubt((key,), _REASON)


class LegacyServerGroup(LegacyNotification):
    """Something happened to a server group."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        uuid = payload.uuid(self.data, 'server_group_id')
        key = schema.ElementKey(_KIND.SERVER_GROUP, uuid)
        return mutation.Doubt((key,), _REASON)


class LegacyTask(LegacyNotification):
    """A task of nova-conductor failed; it may name the server."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        properties = self.data.get('instance_properties') or {}
        named = self.data.get('instance_id') or properties.get('uuid')
        if not named:
            return mutation.Nothing('a task without an instance')
        uuid = payload.uuid({'instance_id': named}, 'instance_id')
        key = schema.ElementKey(_KIND.INSTANCE, uuid)
        return mutation.Doubt((key,), 'a task of it failed')


class LegacyUnrelated(LegacyNotification):
    """Something that nothing in the model depends on."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model: nothing."""
        return mutation.Nothing('nothing in the model depends on it')


_FAMILIES: typing.Final[dict[events.Authority, type[LegacyNotification]]] = {
    _AUTHORITY.REREAD_TWICE: LegacyInstance,
    _AUTHORITY.DELETION: LegacyInstance,
    _AUTHORITY.AGGREGATE: LegacyAggregate,
    _AUTHORITY.SERVICE: LegacyService,
    _AUTHORITY.SERVER_GROUP: LegacyServerGroup,
    _AUTHORITY.TASK: LegacyTask,
    _AUTHORITY.NOTHING: LegacyUnrelated,
}

#: The class of each event type of the legacy format.
CLASSES: typing.Final = notification.classes_of(
    _FAMILIES, events.LEGACY, __name__
)

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

"""What one message of Nova says, whatever its format."""

import abc
import collections.abc
import typing

from cdm_graph.model import mutation
from cdm_graph.notification.nova import events

_FAMILY = typing.TypeVar('_FAMILY', bound='Notification')


class Notification(abc.ABC):
    """What one message of Nova says; immutable.

    There is a class for each event type, made of its row of the table in
    :mod:`cdm_graph.notification.nova.events`.
    """

    __slots__ = ()

    event_type: typing.ClassVar[events.EventType]

    @abc.abstractmethod
    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model.

        :raises cdm_graph.exceptions.MalformedNotification: if the payload
            cannot be understood
        """

    @property
    def authority(self) -> events.Authority:
        """What it is believed for."""
        return self.event_type.authority


def classes_of(
    families: collections.abc.Mapping[events.Authority, type[_FAMILY]],
    table: collections.abc.Mapping[str, events.EventType],
    module: str,
) -> dict[str, type[_FAMILY]]:
    """Return the class of each event type in a table.

    :param families: what the classes derive from, by their authority
    :param module: where the classes stand
    """
    return {
        name: _class_of(families[event_type.authority], event_type, module)
        for name, event_type in table.items()
    }


def _class_of(
    family: type[Notification], event_type: events.EventType, module: str
) -> typing.Any:
    words = event_type.name.replace('.', '_').split('_')
    return type(
        ''.join(word.capitalize() for word in words if word),
        (family,),
        {
            '__slots__': (),
            '__doc__': f'Nova announced {event_type.name}.',
            '__module__': module,
            'event_type': event_type,
        },
    )

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

"""Turns what happened to storage into the notifications that Cinder sends.

There are unversioned ones only, on an exchange of Cinder's own.
"""

from cdm_graph.simulation import identifiers
from cdm_graph.simulation import moments
from cdm_graph.simulation import notification
from cdm_graph.simulation.cinder import payloads
from cdm_graph.simulation.cinder import records
from cdm_graph.simulation.cinder import storage as storage_module

Messages = list[notification.Notification]

#: The service that writes the row itself, and the scheduler.
CONTROLLER = notification.CONTROLLER


class StorageAnnouncer:
    """Makes the notifications of one cloud's Cinder."""

    def __init__(self, storage: storage_module.Storage) -> None:
        self._storage = storage

    def volume(
        self,
        event: str,
        row: records.Volume,
        context: notification.RequestContext,
        place: str,
    ) -> Messages:
        """Announce an event about a volume.

        ``place`` is the back end or the pool that the sender runs, or the
        host of the API.
        """
        return self._message(
            f'volume.{event}',
            f'volume.{place}',
            payloads.volume(self._storage, row),
            context,
        )

    def snapshot(
        self,
        event: str,
        row: records.Snapshot,
        context: notification.RequestContext,
        place: str,
        deleted: str = '',
    ) -> Messages:
        """Announce an event about a snapshot."""
        return self._message(
            f'snapshot.{event}',
            f'snapshot.{place}',
            payloads.snapshot(self._storage, row, deleted),
            context,
        )

    def refused(
        self,
        payload: notification.Payload,
        context: notification.RequestContext,
    ) -> Messages:
        """Announce that the scheduler could not do what it was asked to."""
        return self._message(
            f'scheduler.{payload["method"]}',
            f'scheduler.{CONTROLLER}',
            payload,
            context,
            priority='error',
        )

    def volume_type(
        self,
        event: str,
        row: records.VolumeType,
        context: notification.RequestContext,
    ) -> Messages:
        """Announce an event about a volume type."""
        return self._message(
            f'volume_type.{event}',
            f'volumeType.{CONTROLLER}',
            {'volume_types': payloads.volume_type(row)},
            context,
        )

    def volume_type_refused(
        self,
        event: str,
        told: notification.Payload,
        context: notification.RequestContext,
        error: str,
    ) -> Messages:
        """Announce what was not done to a volume type."""
        return self._message(
            f'volume_type.{event}',
            f'volumeType.{CONTROLLER}',
            {
                'volume_types': told,
                'name': None,
                'id': None,
                'error_message': error,
            },
            context,
            priority='error',
        )

    def extra_specs(
        self,
        event: str,
        payload: notification.Payload,
        context: notification.RequestContext,
    ) -> Messages:
        """Announce an event about the extra specs of a volume type."""
        return self._message(
            f'volume_type_extra_specs.{event}',
            f'volumeTypeExtraSpecs.{CONTROLLER}',
            payload,
            context,
        )

    def capacity(
        self,
        kind: str,
        name: str,
        pools: list[records.Pool],
        context: notification.RequestContext,
    ) -> Messages:
        """Announce what a pool or a back end has."""
        return self._message(
            f'capacity.{kind}',
            f'capacity.{CONTROLLER}',
            payloads.capacity(name, pools),
            context,
        )

    def _message(
        self,
        event: str,
        publisher_id: str,
        payload: notification.Payload,
        context: notification.RequestContext,
        priority: str = 'info',
    ) -> Messages:
        storage = self._storage
        return [
            notification.Notification(
                exchange=notification.CINDER_EXCHANGE,
                topic=notification.UNVERSIONED_TOPIC,
                priority=priority,
                publisher_id=publisher_id,
                event_type=event,
                payload=payload,
                context=context.to_dict(),
                message_id=identifiers.new_uuid(storage.rng),
                timestamp=moments.envelope(storage.time()),
            )
        ]

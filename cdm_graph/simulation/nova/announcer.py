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

"""Turns what happened into notifications of the wanted formats.

Where both formats are wanted, the legacy one goes first, as with Nova.
"""

import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import moments
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import legacy
from cdm_graph.simulation.nova import payloads


class Announcer:
    """Makes the notifications of one cloud."""

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        options: notification.Options,
    ) -> None:
        self._cloud = cloud
        self._options = options
        self._formats = options.formats

    def instance(
        self,
        event: str,
        row: records.Server,
        context: notification.RequestContext,
        publisher: notification.Publisher,
        *,
        extra: notification.Payload | None = None,
        legacy_extra: notification.Payload | None = None,
        priority: str = 'info',
    ) -> list[notification.Notification]:
        """Announce an event about a server.

        ``event`` is the versioned name without the leading ``instance.``.
        """
        messages = []
        legacy_event = notification.legacy_instance_event(event)
        if self._formats.unversioned and legacy_event is not None:
            payload = legacy.instance(
                event, row, self._cloud.images, legacy_extra or {}
            )
            messages.append(
                self._unversioned(
                    legacy_event, payload, context, publisher, priority
                )
            )
        if self._formats.versioned:
            payload = payloads.instance(
                event, row, context, self._lists(event, row), extra or {}
            )
            messages.append(
                self._versioned(
                    f'instance.{event}', payload, context, publisher, priority
                )
            )
        return messages

    def _lists(self, event: str, row: records.Server) -> notification.Payload:
        """Return the lists of what is attached.

        The addresses, and the volumes of some events, are those that the
        service holds; the rest comes from the database as it is now.
        """
        stored = self._cloud.servers.find(row.uuid) or row
        options = self._options
        volumes = None
        if event in payloads.WITH_BLOCK_DEVICES:
            volumes = row.volumes
        elif options.bdms_in_notifications:
            volumes = stored.volumes
        return {
            'ip_addresses': payloads.ip_addresses(row.ports),
            'block_devices': (
                None if volumes is None else payloads.block_devices(volumes)
            ),
            'shares': (
                payloads.shares(stored)
                if options.include_share_mapping
                else None
            ),
        }

    def legacy_instance(
        self,
        event: str,
        row: records.Server,
        context: notification.RequestContext,
        publisher: notification.Publisher,
        extra: notification.Payload | None = None,
    ) -> list[notification.Notification]:
        """Announce what only the legacy format has an event for."""
        if not self._formats.unversioned:
            return []
        payload = legacy.instance(event, row, self._cloud.images, extra or {})
        name = f'compute.instance.{event}'
        return [self._unversioned(name, payload, context, publisher)]

    def update(
        self,
        before: records.Server,
        after: records.Server,
        context: notification.RequestContext,
        publisher: notification.Publisher,
        always: bool = False,
    ) -> list[notification.Notification]:
        """Announce that a server's row was saved."""
        if not (self._options.notify_on_state_change or always):
            return []
        now = self._cloud.now(publisher.place)
        renamed = before.display_name != after.display_name
        old_name = before.display_name if renamed else None
        extra = {
            'audit_period': payloads.audit_period(now),
            'old_display_name': old_name,
            'state_update': payloads.state_update(before, after),
        }
        legacy_extra = {
            **legacy.audit_period(now, spaced=False),
            **legacy.state_update(before, after),
        }
        if renamed:
            legacy_extra['old_display_name'] = old_name
        return self.instance(
            'update',
            after,
            context,
            publisher,
            extra=extra,
            legacy_extra=legacy_extra,
        )

    def exists(
        self,
        row: records.Server,
        context: notification.RequestContext,
        publisher: notification.Publisher,
    ) -> list[notification.Notification]:
        """Announce what is accounted to a server's owner this month."""
        now = self._cloud.now(publisher.place)
        return self.instance(
            'exists',
            row,
            context,
            publisher,
            extra={'audit_period': payloads.audit_period(now)},
            legacy_extra=legacy.audit_period(now, spaced=True),
        )

    def select_destinations(
        self,
        phase: str,
        row: records.Server,
        context: notification.RequestContext,
        *,
        destination: notification.Payload | None = None,
        ignore_hosts: list[str] | None = None,
        group: records.ServerGroup | None = None,
    ) -> list[notification.Notification]:
        """Announce that the scheduler begins or ends to look for a host."""
        image = self._cloud.images.get(row.image)
        return self.both(
            f'scheduler.select_destinations.{phase}',
            f'scheduler.select_destinations.{phase}',
            lambda: payloads.request_spec(
                row,
                image,
                destination=destination,
                ignore_hosts=ignore_hosts,
                group=group,
            ),
            lambda: {
                'request_spec': legacy.request_spec(
                    row, image, context, answered=phase == 'end'
                )
            },
            context,
            notification.SCHEDULER,
        )

    def task_failed(
        self,
        task: str,
        row: records.Server,
        context: notification.RequestContext,
        exception: str,
        message: str,
    ) -> list[notification.Notification]:
        """Announce that a conductor could not do what it was asked to."""
        image = self._cloud.images.get(row.image)
        return self.both(
            f'compute_task.{task}.error',
            f'compute_task.{task}',
            lambda: payloads.compute_task(
                row,
                payloads.request_spec(
                    row,
                    image,
                    destination=None,
                    ignore_hosts=None,
                    group=None,
                ),
                payloads.fault(exception, message),
            ),
            lambda: legacy.compute_task(
                row,
                legacy.request_spec(row, image, context, answered=False),
                task,
                exception,
                message,
            ),
            context,
            notification.COMPUTE_TASK,
            priority='error',
        )

    def both(
        self,
        event: str,
        legacy_event: str | None,
        payload: typing.Callable[[], notification.Payload],
        legacy_payload: typing.Callable[[], notification.Payload],
        context: notification.RequestContext,
        publisher: notification.Publisher,
        priority: str = 'info',
    ) -> list[notification.Notification]:
        """Announce an event that has a payload of its own in either format."""
        messages = []
        if self._formats.unversioned and legacy_event is not None:
            messages.append(
                self._unversioned(
                    legacy_event,
                    legacy_payload(),
                    context,
                    publisher,
                    priority,
                )
            )
        if self._formats.versioned:
            messages.append(
                self._versioned(event, payload(), context, publisher, priority)
            )
        return messages

    def versioned(
        self,
        event: str,
        payload: notification.Payload,
        context: notification.RequestContext,
        publisher: notification.Publisher,
    ) -> list[notification.Notification]:
        """Announce what only the versioned format has an event for."""
        if not self._formats.versioned:
            return []
        return [self._versioned(event, payload, context, publisher)]

    def _versioned(
        self,
        event: str,
        payload: notification.Payload,
        context: notification.RequestContext,
        publisher: notification.Publisher,
        priority: str = 'info',
    ) -> notification.Notification:
        return self._message(
            notification.VERSIONED_TOPIC,
            publisher.versioned,
            publisher.place,
            event,
            payload,
            context,
            priority,
        )

    def _unversioned(
        self,
        event: str,
        payload: notification.Payload,
        context: notification.RequestContext,
        publisher: notification.Publisher,
        priority: str = 'info',
    ) -> notification.Notification:
        return self._message(
            notification.UNVERSIONED_TOPIC,
            publisher.unversioned,
            publisher.place,
            event,
            payload,
            context,
            priority,
        )

    def _message(
        self,
        topic: str,
        publisher_id: str,
        place: str,
        event: str,
        payload: notification.Payload,
        context: notification.RequestContext,
        priority: str,
    ) -> notification.Notification:
        return notification.Notification(
            topic=topic,
            priority=priority,
            publisher_id=publisher_id,
            event_type=event,
            payload=payload,
            context=context.to_dict(),
            message_id=self._cloud.new_uuid(),
            timestamp=moments.envelope(self._cloud.time(place)),
        )

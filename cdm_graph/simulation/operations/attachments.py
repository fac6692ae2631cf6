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

"""Ports, volumes and shares are attached to servers, and taken off them.

None of it is in the server's own row: ``updated_at`` does not follow, and
there is no ``instance.update``.  What is announced and what is written do
not happen at the same time either:

- a volume is there before ``volume_attach.start``, and still is at
  ``volume_detach.end`` and at ``volume_attach.error``;
- of a server that is off its host, volumes come and go unannounced by Nova;
- who tells of shares signs as ``nova-api`` on the host of the server.
"""

import collections.abc
import dataclasses
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import instance
from cdm_graph.simulation.nova import payloads
from cdm_graph.simulation.operations import base

#: The states in which a server's interfaces can be changed.
PLUGGABLE: typing.Final = ('active', 'paused', 'stopped')
#: Those in which its volumes can be, on its host.
ATTACHABLE: typing.Final = (*PLUGGABLE, 'resized', 'soft-delete', 'shelved')
#: Those in which one volume can be put in the place of another.
SWAPPABLE: typing.Final = ('active', 'paused', 'resized')

_Named = typing.TypeVar('_Named', records.Port, records.Volume, records.Share)


def _found(
    uuid: str, kind: str, attached: collections.abc.Iterable[_Named], key: str
) -> _Named:
    for each in attached:
        if each.uuid == key:
            return each
    raise exceptions.SimulationError(
        f'Server {uuid} has no {kind} {key} attached.'
    )


def _without(attached: tuple[_Named, ...], gone: _Named) -> tuple[_Named, ...]:
    return tuple(each for each in attached if each.uuid != gone.uuid)


class Attachments(base.OperationsBase):
    """Interfaces, volumes and shares."""

    # Interfaces.

    def attach_interface(
        self, uuid: str, fails: bool = False
    ) -> base.Operation:
        """Give a server another port."""
        obj = self._load(uuid, *PLUGGABLE)
        publisher = notification.compute(self._host_of(obj).host)
        yield obj.tell('interface_attach.start', publisher)
        if fails:
            yield self._failed(
                obj, 'interface_attach', publisher, 'InterfaceAttachFailed', {}
            )
            return
        with self.cloud.lock:
            obj.write(ports=(*obj.row.ports, self.cloud.devices.port()))
        yield []
        yield obj.tell('interface_attach.end', publisher)

    def detach_interface(
        self, uuid: str, port: str | None = None
    ) -> base.Operation:
        """Take a port off a server, the last one if none is told."""
        obj = self._load(uuid, *PLUGGABLE)
        gone = self._chosen(obj.row.ports, uuid, 'port', port)
        publisher = notification.compute(self._host_of(obj).host)
        yield obj.tell('interface_detach.start', publisher)
        obj.write(ports=_without(obj.row.ports, gone))
        yield []
        yield obj.tell('interface_detach.end', publisher)

    # Volumes.

    def attach_volume(
        self, uuid: str, fails: bool = False, volume: str | None = None
    ) -> base.Operation:
        """Attach a volume to a server, a new one if none is told."""
        obj = self._load(uuid, *ATTACHABLE, 'shelved_offloaded')
        attached, messages = self._reserved(obj, volume)
        yield messages
        if obj.row.host is None:
            return
        told = {'volume_id': attached.uuid}
        publisher = notification.compute(obj.row.host)
        start = obj.tell('volume_attach.start', publisher, extra=told)
        if fails:
            yield start
            yield self._failed(
                obj, 'volume_attach', publisher, 'CinderConnectionFailed', told
            )
            kept = self._connections.held(obj, attached.uuid)
            obj.write(volumes=_without(obj.row.volumes, attached))
            yield self._connections.drop(obj, kept)
            return
        yield [*start, *self._connections.connect(obj, obj.row.host)]
        yield [
            *self._connections.complete(obj),
            *self._tell_volume(obj, 'attach', publisher, told),
        ]

    def _reserved(
        self, obj: instance.InstanceObject, volume: str | None
    ) -> tuple[records.Volume, base.Step]:
        """Give a server a volume, which is not on its host yet."""
        with self.cloud.lock:
            others = obj.row.volumes
            devices = self.cloud.devices
            if volume is None:
                attached = devices.volume(others)
                messages = self._connections.provide(obj, attached)
            else:
                attached = devices.existing_volume(volume, others)
                messages = []
                self._connections.reserve(obj, volume)
            obj.write(volumes=(*others, attached))
        return attached, messages

    def detach_volume(
        self, uuid: str, volume: str | None = None
    ) -> base.Operation:
        """Take a volume off a server, the last one if none is told."""
        obj = self._load(uuid, *ATTACHABLE, 'shelved_offloaded')
        gone = self._chosen(obj.row.volumes, uuid, 'volume', volume)
        kept = self._connections.held(obj, gone.uuid)
        if obj.row.host is not None:
            told = {'volume_id': gone.uuid}
            publisher = notification.compute(obj.row.host)
            self._connections.begin_detaching(obj, gone.uuid)
            yield [
                *obj.tell('volume_detach.start', publisher, extra=told),
                *self._connections.release(obj, kept),
            ]
            yield [
                *self._connections.released(obj, kept),
                *self._tell_volume(obj, 'detach', publisher, told),
            ]
            kept = ()
        obj.write(volumes=_without(obj.row.volumes, gone))
        yield self._connections.drop(obj, kept)

    def _tell_volume(
        self,
        obj: instance.InstanceObject,
        event: str,
        publisher: notification.Publisher,
        told: notification.Payload,
    ) -> base.Step:
        return [
            *obj.tell_legacy(f'volume.{event}', publisher, told),
            *obj.tell(f'volume_{event}.end', publisher, extra=told),
        ]

    def swap_volume(
        self, uuid: str, volume: str | None = None
    ) -> base.Operation:
        """Put a new volume in the place of one, of the last if none is told.

        The API shows the new one before the end is announced.
        """
        obj = self._load(uuid, *SWAPPABLE)
        old = self._chosen(obj.row.volumes, uuid, 'volume', volume)
        kept = self._connections.held(obj, old.uuid)
        with self.cloud.lock:
            fresh = self.cloud.devices.volume(obj.row.volumes)
            self._connections.begin_detaching(obj, old.uuid)
            provided = self._connections.provide(obj, fresh)
        told = {'old_volume_id': old.uuid, 'new_volume_id': fresh.uuid}
        host = self._host_of(obj).host
        publisher = notification.compute(host)
        yield [
            *provided,
            *obj.tell('volume_swap.start', publisher, extra=told),
        ]
        new = dataclasses.replace(old, uuid=fresh.uuid)
        obj.write(
            volumes=tuple(
                new if each is old else each for each in obj.row.volumes
            )
        )
        yield self._connections.connect(obj, host)
        yield [
            *self._connections.complete(obj),
            *self._connections.drop(obj, kept),
            *obj.tell('volume_swap.end', publisher, extra=told),
        ]

    # Shares.

    def attach_share(self, uuid: str) -> base.Operation:
        """Attach a new share to a stopped server."""
        obj = self._load(uuid, 'stopped')
        publisher = notification.shares(self._host_of(obj).host)
        with self.cloud.lock:
            share = self.cloud.devices.share()
        others = obj.row.shares
        told = {'share_id': share.uuid}
        obj.write(shares=(*others, share))
        yield []
        yield obj.tell('share_attach.start', publisher, extra=told)
        share = dataclasses.replace(share, status='inactive')
        obj.write(shares=(*others, share))
        yield obj.tell('share_attach.end', publisher, extra=told)

    def detach_share(
        self, uuid: str, share: str | None = None
    ) -> base.Operation:
        """Take a share off a stopped server, the last one if none is told."""
        obj = self._load(uuid, 'stopped', 'error')
        gone = self._chosen(obj.row.shares, uuid, 'share', share)
        publisher = notification.shares(self._host_of(obj).host)
        others = _without(obj.row.shares, gone)
        told = {'share_id': gone.uuid}
        detaching = dataclasses.replace(gone, status='detaching')
        obj.write(shares=(*others, detaching))
        yield []
        yield obj.tell('share_detach.start', publisher, extra=told)
        obj.write(shares=others)
        yield obj.tell('share_detach.end', publisher, extra=told)

    # All of them.

    def _chosen(
        self,
        attached: tuple[_Named, ...],
        uuid: str,
        kind: str,
        key: str | None,
    ) -> _Named:
        if key is not None:
            return _found(uuid, kind, attached, key)
        if not attached:
            raise exceptions.SimulationError(
                f'Server {uuid} has no {kind} attached.'
            )
        return attached[-1]

    def _failed(
        self,
        obj: instance.InstanceObject,
        family: str,
        publisher: notification.Publisher,
        exception: str,
        told: notification.Payload,
    ) -> base.Step:
        fault = payloads.fault(exception, 'The connection timed out.')
        return obj.tell(
            f'{family}.error',
            publisher,
            extra={**told, 'fault': fault},
            priority='error',
        )

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

"""CinderClusterModelCollector: the block storage of a cloud, from Cinder.

Cinder announces less than Nova: not that something failed, nor that a volume
moves, nor anything of its services.  What is on its way is looked at again
until it is there, what has moved once more; services and pools are polled.
"""

import collections.abc
import datetime
import itertools
import typing

from cdm_graph.collector import base
from cdm_graph.collector import cinder_client
from cdm_graph.collector import cinder_rows
from cdm_graph.collector import credentials
from cdm_graph.collector import loadable
from cdm_graph.collector import reconcile
from cdm_graph.collector import rest_client
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.notification import handler
from cdm_graph.notification.cinder import handler as cinder_handler

_KIND = schema.Kind
_BACKENDS: typing.Final = (_KIND.STORAGE_NODE, _KIND.STORAGE_POOL)
_Volumes = tuple[schema.Volume | schema.VolumeSnapshot, ...]


class CinderClusterModelCollector(base.BaseClusterModelCollector):
    """Back ends with their pools, volume types, volumes and snapshots."""

    kinds: typing.ClassVar = frozenset(
        {
            *_BACKENDS,
            _KIND.VOLUME_TYPE,
            _KIND.VOLUME,
            _KIND.VOLUME_SNAPSHOT,
        }
    )
    services: typing.ClassVar = (cinder_client.CinderClient.service,)
    announcer: typing.ClassVar = cinder_handler.ANNOUNCER
    kinds_read_whole: typing.ClassVar = frozenset(
        {*_BACKENDS, _KIND.VOLUME_TYPE}
    )
    kinds_read_together: typing.ClassVar = frozenset({_KIND.VOLUME})

    def __init__(self, surroundings: loadable.Surroundings) -> None:
        self._cinder = credentials.connect(
            surroundings.conf, cinder_client.CinderClient
        )
        self._handler = cinder_handler.CinderNotificationHandler(
            self, surroundings.clock
        )
        super().__init__(surroundings)

    @property
    def notification_handler(self) -> handler.NotificationHandler:
        """The handler of Cinder's notifications."""
        return self._handler

    def synchronize(self) -> live_model.LiveModel:
        """Fetch everything, and return a drop-in replacement of the model."""
        elements: list[schema.Element] = []
        self.list_all(elements.append)
        return live_model.LiveModel(elements, clock=self.surroundings.clock)

    def list_all(self, stage: reconcile.Stage) -> reconcile.Coverage:
        """Fetch everything; the pools of a service that is away are hidden.

        What is on its way to something else is looked at by the polls.
        """
        nodes, pools = self._backends()
        for element in itertools.chain(
            nodes,
            pools,
            self._types(),
            self._volumes(self._cinder.volumes()),
            map(cinder_rows.snapshot, self._cinder.snapshots()),
        ):
            stage(element)
        return reconcile.Coverage(_hidden_by(nodes, pools))

    def poll(self, since: datetime.datetime) -> reconcile.Reading:
        """Fetch what changed since then, and what is never announced.

        A volume that is gone no list can show: that is announced, or found
        by the next synchronize.
        """
        nodes, pools = self._backends()
        types = tuple(self._types())
        volumes = self._changed(since)
        return reconcile.Reading(
            elements=(*nodes, *pools, *types, *volumes),
            every=(*_BACKENDS, _KIND.VOLUME_TYPE),
            doubts=self._of_renamed(types),
            is_hidden=_hidden_by(nodes, pools),
            unsettled=self._unsettled(volumes),
        )

    def read_changed(
        self,
        keys: collections.abc.Collection[schema.ElementKey],
        since: datetime.datetime,
    ) -> reconcile.Reading:
        """Fetch those of many volumes that changed since then."""
        wanted = {key.key for key in keys}
        volumes = tuple(
            each for each in self._changed(since) if each.uuid in wanted
        )
        return reconcile.Reading(volumes, unsettled=self._unsettled(volumes))

    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        """Fetch one element, or every element of a kind."""
        match key.kind:
            case _KIND.VOLUME:
                return self._read_volume(key)
            case _KIND.VOLUME_SNAPSHOT:
                return self._read_snapshot(key)
            case _KIND.STORAGE_NODE | _KIND.STORAGE_POOL:
                nodes, pools = self._backends()
                return reconcile.Reading(
                    elements=(*nodes, *pools),
                    every=_BACKENDS,
                    is_hidden=_hidden_by(nodes, pools),
                )
            case _KIND.VOLUME_TYPE:
                types = tuple(self._types())
                return reconcile.Reading(
                    elements=types,
                    every=(key.kind,),
                    doubts=self._of_renamed(types),
                )
            case _:
                return reconcile.Reading()

    def describe(self) -> dict[str, object]:
        """Return what ``status`` shows of Cinder."""
        return {'microversion': self._cinder.microversion}

    def _backends(
        self,
    ) -> tuple[list[schema.StorageNode], list[schema.StoragePool]]:
        """Return the back ends, and the pools that can be seen of them."""
        pools = list(map(cinder_rows.storage_pool, self._cinder.pools()))
        nodes = map(cinder_rows.storage_node, self._cinder.services())
        return list(nodes), pools

    def _types(self) -> collections.abc.Iterator[schema.VolumeType]:
        return map(cinder_rows.volume_type, self._cinder.types())

    def _of_renamed(
        self, types: tuple[schema.VolumeType, ...]
    ) -> tuple[schema.ElementKey, ...]:
        """Return the volumes that are known by an old name of their type.

        A volume shows the name, and is neither dated nor announced when it
        changes.
        """
        old = {
            known.name
            for each in types
            if isinstance(
                known := self._model.find(*schema.key_of(each)),
                schema.VolumeType,
            )
            and known.name != each.name
        }
        return tuple(
            schema.key_of(volume)
            for volume in (self._model.each(_KIND.VOLUME) if old else ())
            if isinstance(volume, schema.Volume) and volume.volume_type in old
        )

    def _volumes(
        self, rows: collections.abc.Iterable[cinder_rows.Row]
    ) -> collections.abc.Iterator[schema.Volume]:
        """Yield the volumes that rows show, but for those that are none."""
        for row in rows:
            if not cinder_rows.is_copy(row):
                yield reconcile.as_known(self._model, cinder_rows.volume(row))

    def _changed(self, since: datetime.datetime) -> tuple[schema.Volume, ...]:
        """Return the volumes that changed; of each what came last."""
        found = {
            each.uuid: each
            for each in self._volumes(self._cinder.changed_volumes(since))
        }
        return tuple(found.values())

    def _read_volume(self, key: schema.ElementKey) -> reconcile.Reading:
        try:
            row = self._cinder.volume(key.key)
        except rest_client.RowNotFound:
            return reconcile.Reading(absent=(key,))
        if cinder_rows.is_copy(row):
            return reconcile.Reading(absent=(key,))
        volume = cinder_rows.volume(row)
        return reconcile.Reading(
            (volume,), unsettled=self._unsettled((volume,))
        )

    def _read_snapshot(self, key: schema.ElementKey) -> reconcile.Reading:
        try:
            row = self._cinder.snapshot(key.key)
        except rest_client.RowNotFound:
            return reconcile.Reading(absent=(key,))
        snapshot = cinder_rows.snapshot(row)
        return reconcile.Reading(
            (snapshot,), unsettled=self._unsettled((snapshot,))
        )

    def _unsettled(self, elements: _Volumes) -> tuple[schema.ElementKey, ...]:
        """Return those that are on their way to what nobody announces.

        What has just been moved may have more to save.
        """
        return tuple(
            schema.key_of(each)
            for each in elements
            if not cinder_rows.is_settled(each) or self._has_just_moved(each)
        )

    def _has_just_moved(
        self, element: schema.Volume | schema.VolumeSnapshot
    ) -> bool:
        known = self._model.find(*schema.key_of(element))
        return cinder_rows.has_just_moved(known, element)


def _hidden_by(
    nodes: collections.abc.Collection[schema.StorageNode],
    pools: collections.abc.Collection[schema.StoragePool],
) -> reconcile.IsHidden:
    """Return what tells whether a pool is there, but cannot be seen.

    The scheduler shows the pools of those services only that it may use and
    that reported to it since it was started.
    """
    shown = {pool.storage_node for pool in pools}
    away = {node.host for node in nodes} - {
        node.host
        for node in nodes
        if (node.state, node.status) == ('up', 'enabled')
        and node.host in shown
    }

    def is_hidden(element: schema.Element) -> bool:
        return (
            isinstance(element, schema.StoragePool)
            and element.storage_node in away
        )

    return is_hidden

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

"""IronicClusterModelCollector: the bare machines of a cloud, from Ironic.

Ironic announces nearly all that happens to a machine; but not what an
allocation takes, nor each new version of a row.  Its lists cannot be asked
for what changed lately, and whole rows are dear: Ironic looks up the chassis
of each machine by itself.  So a poll lists outlines, as Nova's driver for
Ironic does, and reads the machines that differ.  Only what no outline has, the
chassis and the version, waits for an event or the next synchronize.
"""

import collections.abc
import datetime
import itertools
import typing

from cdm_graph.collector import base
from cdm_graph.collector import credentials
from cdm_graph.collector import ironic_client
from cdm_graph.collector import ironic_rows
from cdm_graph.collector import loadable
from cdm_graph.collector import reconcile
from cdm_graph.collector import rest_client
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.notification import handler
from cdm_graph.notification.ironic import handler as ironic_handler

_KIND = schema.Kind
#: So many machines are read one by one; more cost less in a list.
_FEW: typing.Final = 20


class IronicClusterModelCollector(base.BaseClusterModelCollector):
    """Machines, their power and provision states, and their chassis."""

    kinds: typing.ClassVar = frozenset({_KIND.BAREMETAL_NODE, _KIND.CHASSIS})
    services: typing.ClassVar = (ironic_client.IronicClient.service,)
    announcer: typing.ClassVar = ironic_handler.ANNOUNCER

    def __init__(self, surroundings: loadable.Surroundings) -> None:
        self._ironic = credentials.connect(
            surroundings.conf, ironic_client.IronicClient
        )
        self._handler = ironic_handler.IronicNotificationHandler(
            self, surroundings.clock
        )
        super().__init__(surroundings)

    @property
    def notification_handler(self) -> handler.NotificationHandler:
        """The handler of Ironic's notifications."""
        return self._handler

    def synchronize(self) -> live_model.LiveModel:
        """Fetch everything, and return a drop-in replacement of the model."""
        return live_model.LiveModel(
            list(self._everything()), clock=self.surroundings.clock
        )

    def list_all(self, stage: reconcile.Stage) -> reconcile.Coverage:
        """Fetch everything."""
        for element in self._everything():
            stage(element)
        return reconcile.Coverage()

    def poll(self, since: datetime.datetime) -> reconcile.Reading:
        """Fetch what is not as it is known; where that is much, everything."""
        doubtful = self._doubtful()
        if len(doubtful) > _FEW:
            return reconcile.Reading(
                elements=tuple(self._everything()), suspect=tuple(self.kinds)
            )
        chassis = tuple(self._chassis())
        readings = [self.read(key) for key in doubtful]
        return reconcile.Reading(
            elements=(
                *chassis,
                *(element for each in readings for element in each.elements),
            ),
            absent=tuple(key for each in readings for key in each.absent),
            suspect=(_KIND.CHASSIS,),
        )

    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        """Fetch one element."""
        if key.kind not in self.kinds:
            return reconcile.Reading()
        try:
            element = self._read_one(key)
        except rest_client.RowNotFound:
            return reconcile.Reading(absent=(key,))
        if schema.key_of(element) != key:
            # Ironic finds a machine by its name, too.
            return reconcile.Reading((element,), absent=(key,))
        return reconcile.Reading((element,))

    def describe(self) -> dict[str, object]:
        """Return what ``status`` shows of Ironic."""
        return {'microversion': self._ironic.microversion}

    def _doubtful(self) -> list[schema.ElementKey]:
        """Return the machines that are not as a list outlines them.

        A user who lost the right to see them would find each of them gone.

        :raises cdm_graph.exceptions.MassDeletionRefused: if too many are
            missing
        """
        outlines = {
            _key(str(row.get('uuid'))): row for row in self._ironic.outlines()
        }
        known = {
            schema.key_of(element): element
            for _, element in self._model.each_put(_KIND.BAREMETAL_NODE)
        }
        missing = known.keys() - outlines.keys()
        reconcile.guard_against_mass_deletion(
            self._model, missing, self._deletion_share()
        )
        return [
            *missing,
            *(
                key
                for key, row in outlines.items()
                if not ironic_rows.is_outline_of(known.get(key), row)
            ),
        ]

    def _everything(self) -> collections.abc.Iterator[schema.Element]:
        return itertools.chain(self._chassis(), self._machines())

    def _machines(self) -> collections.abc.Iterator[schema.BaremetalNode]:
        for row in self._ironic.machines():
            yield reconcile.as_known(self._model, ironic_rows.machine(row))

    def _chassis(self) -> collections.abc.Iterator[schema.Chassis]:
        for row in self._ironic.chassis():
            yield reconcile.as_known(self._model, ironic_rows.chassis(row))

    def _read_one(self, key: schema.ElementKey) -> schema.Element:
        if key.kind == _KIND.CHASSIS:
            return ironic_rows.chassis(self._ironic.one_chassis(key.key))
        return ironic_rows.machine(self._ironic.machine(key.key))


def _key(uuid: str) -> schema.ElementKey:
    return schema.ElementKey(_KIND.BAREMETAL_NODE, uuid)

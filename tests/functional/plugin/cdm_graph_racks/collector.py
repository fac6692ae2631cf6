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

"""RackClusterModelCollector: racks and switches, from a YAML file.

The inventory announces what it changes, but a file can be changed by anybody:
so nobody is named who announces all that changes, and the model is as old as
the last look at the file.
"""

import datetime
import typing

from cdm_graph.collector import base
from cdm_graph.collector import loadable
from cdm_graph.collector import reconcile
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.notification import handler
from cdm_graph_racks import elements
from cdm_graph_racks import handler as rack_handler
from cdm_graph_racks import inventory
from cdm_graph_racks import options


class RackClusterModelCollector(base.BaseClusterModelCollector):
    """Keeps the model of racks and switches as the file tells it."""

    kinds: typing.ClassVar = frozenset(
        {elements.Rack.kind, elements.Switch.kind}
    )
    kinds_read_whole: typing.ClassVar = kinds

    def __init__(self, surroundings: loadable.Surroundings) -> None:
        self._path = options.path(surroundings.conf)
        self._handler = rack_handler.RackNotificationHandler(
            self, surroundings.clock
        )
        # The first synchronize begins here.
        super().__init__(surroundings)

    @property
    def notification_handler(self) -> handler.NotificationHandler:
        """The handler of the inventory's notifications."""
        return self._handler

    def synchronize(self) -> live_model.LiveModel:
        """Read everything, and return a drop-in replacement of the model."""
        return live_model.LiveModel(
            inventory.read(self._path), clock=self.surroundings.clock
        )

    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        """Read every rack and switch: the file is read as a whole."""
        return self._everything()

    def poll(self, since: datetime.datetime) -> reconcile.Reading:
        """Read every rack and switch, since a file may change silently."""
        return self._everything()

    def describe(self) -> dict[str, object]:
        """Return what ``status`` shows of the file."""
        return {'path': str(self._path)}

    def _everything(self) -> reconcile.Reading:
        return reconcile.Reading(
            elements=inventory.read(self._path), every=tuple(self.kinds)
        )

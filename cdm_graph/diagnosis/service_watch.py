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

"""ServiceWatch: looks at a service other than Nova, and at what changes there.

What it cannot see is evidence as well: it raises nothing.
"""

import collections.abc
import dataclasses
import typing

from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.collector import cinder_client
from cdm_graph.collector import ironic_client
from cdm_graph.collector import rest_client
from cdm_graph.diagnosis import cinder_probe
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import ironic_probe
from cdm_graph.diagnosis import service_probe

#: The probes of services of which more is known than that they are there.
_PROBES: typing.Final[
    dict[rest_client.Service, type[service_probe.ServiceProbe]]
] = {
    cinder_client.CinderClient.service: cinder_probe.CinderProbe,
    ironic_client.IronicClient.service: ironic_probe.IronicProbe,
}


class ServiceWatch:
    """Watches one service with a daemon's configuration."""

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        service: rest_client.Service,
        clock: clocks.Clock,
    ) -> None:
        self._conf = conf
        self._service = service
        self._clock = clock
        self._class = _PROBES.get(service, service_probe.ServiceProbe)
        self._probe: service_probe.ServiceProbe | None = None
        self._before: service_probe.Census | None = None
        self._seen = evidences.Service(subject=self._class.subject_of(service))

    @property
    def name(self) -> str:
        """What the service is called."""
        return self._service.name

    @property
    def seen(self) -> evidences.Service:
        """What was seen so far."""
        return self._seen

    def look(self, used: collections.abc.Set[str]) -> None:
        """Look at its API.

        :param used: some of what Nova says it uses of it
        """
        subject = self._seen.subject
        try:
            probe = self._class(self._conf, self._service, self._clock)
            probe.log_in()
        except exceptions.UnsupportedCloud as error:
            self._note(error=str(error), remedy=(subject.upgrade,))
        except (exceptions.CdmGraphError, cfg.Error) as error:
            self._note(error=str(error), remedy=subject.credentials)
        else:
            self._probe = probe
            self._note(facts=probe.facts(used))

    def begin(self) -> None:
        """Note how things are as the watch begins."""
        if self._probe is not None:
            try:
                self._before = self._probe.census()
            except exceptions.CollectorError:
                self._before = None

    def end(self, began: float, ended: float) -> None:
        """Note what changed between two moments, by our clock."""
        facts = self._seen.facts
        if self._probe is None or self._before is None or facts is None:
            return
        offset = facts.difference.seconds if facts.difference else 0.0
        try:
            changes = self._probe.changes(
                self._before, began + offset, ended + offset
            )
        except exceptions.CollectorError:
            return
        self._note(changes=changes)

    def _note(self, **seen: typing.Any) -> None:
        self._seen = dataclasses.replace(self._seen, **seen)

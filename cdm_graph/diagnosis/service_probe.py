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

"""ServiceProbe: what a service other than Nova shows, and what changes there.

Nova has a probe of its own (:mod:`~cdm_graph.diagnosis.cloud`), which knows
more.
"""

import collections.abc

from cdm_graph.collector import rest_client
from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import api_probe
from cdm_graph.diagnosis import subject as subjects

#: The facts that are compared, by what they are of.
Census = collections.abc.Mapping[str, object]


class ServiceProbe(api_probe.ApiProbe):
    """Looks at a service over a while."""

    @classmethod
    def subject_of(cls, service: rest_client.Service) -> subjects.Subject:
        """Return what is known of a service beforehand."""
        return subjects.Subject(name=service.name, group=service.group)

    def census(self) -> Census:
        """Return the facts of all that :meth:`changes` has to compare.

        :raises cdm_graph.exceptions.CollectorError: if they cannot be read
        """
        return {}

    def changes(
        self, before: Census, since: float, until: float
    ) -> tuple[api_facts.Change, ...] | None:
        """Return what changed in a time, by the service's clock.

        :param before: the facts at its begin
        :returns: none if that cannot be known
        :raises cdm_graph.exceptions.CollectorError: if it cannot be read
        """
        return None

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

"""What Nova cannot tell while one of its cells is down.

A cell is down when the API cannot ask its database.  Then a page of servers
lacks those that are in it, without a word; and neither hypervisors nor server
groups with members there can be listed at all (nova/compute/api.py,
``compute_node_get_all``; nova/api/openstack/compute/server_groups.py,
``_get_not_deleted``).  Only the services say so: those in the cell have a host
and no state.  So they have to be asked for before and after the lists; a cell
that is down for less than that, and comes back, goes unnoticed.
"""

import collections.abc
import contextlib
import typing

from oslo_log import log

from cdm_graph import exceptions
from cdm_graph.collector import nova_rows
from cdm_graph.model import schema

LOG = log.getLogger(__name__)

_PLURALS: typing.Final = {
    schema.Kind.COMPUTE_NODE: 'compute nodes',
    schema.Kind.SERVER_GROUP: 'server groups',
}


class Cells:
    """Which elements one fetch of the cloud cannot tell of.

    For one thread.

    :param services: rows of all the nova-compute services
    """

    def __init__(
        self, services: collections.abc.Iterable[nova_rows.Row]
    ) -> None:
        rows = tuple(services)
        #: Those that tell their state, by their hosts.
        self.services = {
            str(row.get('host')): row
            for row in rows
            if nova_rows.is_service_observed(row)
        }
        self._hosts: set[str] = set()
        self.look_again(rows)
        self._unlisted: dict[schema.Kind, None] = {}

    def look_again(
        self, services: collections.abc.Iterable[nova_rows.Row]
    ) -> None:
        """Note which cells went down while something was listed."""
        self._hosts.update(
            str(row.get('host'))
            for row in services
            if not nova_rows.is_service_observed(row)
        )

    @property
    def are_down(self) -> bool:
        """Whether any cell is down, or was."""
        return bool(self._hosts)

    @contextlib.contextmanager
    def listing(self, kind: schema.Kind) -> collections.abc.Iterator[None]:
        """Let a list of a kind fail if that is due to a cell.

        :raises cdm_graph.exceptions.CloudUnavailable: if no cell is down
        """
        try:
            yield
        except exceptions.CloudUnavailable as error:
            if not self.are_down:
                raise
            LOG.warning(
                'Not all %s can be listed while a cell is down: %s',
                _PLURALS[kind],
                error,
            )
            self._unlisted[kind] = None

    def lists(self, kind: schema.Kind) -> bool:
        """Return whether no list of a kind has failed."""
        return kind not in self._unlisted

    def hides(self, element: schema.Element) -> bool:
        """Return whether it cannot be told that an element still exists."""
        match element:
            case schema.Instance(host=host):
                return host in self._hosts
            case schema.ComputeNode(service_host=host) if host in self._hosts:
                return True
            case _:
                return element.kind in self._unlisted

    def reasons(self, servers: int) -> tuple[str, ...]:
        """Return why not all can be told, in sentences.

        :param servers: how many servers are hidden
        """
        counts = ((servers, 'servers'), (len(self._hosts), 'hosts'))
        return (
            *(
                f'{count} {what} are in cells that are down'
                for count, what in counts
                if count
            ),
            *(
                f'not all {_PLURALS[kind]} can be listed while a cell is down'
                for kind in self._unlisted
            ),
        )

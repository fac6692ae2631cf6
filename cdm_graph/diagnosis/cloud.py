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

"""CloudProbe: what Nova's API shows of itself.

It reads what the daemon reads, by the same client, so that what is refused
here is refused to the daemon.  What that client hides, such as how many rows
a page had, it asks for beside it.  It only reads.
"""

import collections.abc
import dataclasses
import datetime
import email.utils
import math
import typing

from keystoneauth1 import adapter as adapters
from keystoneauth1 import exceptions as keystone_exceptions
from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.collector import credentials
from cdm_graph.collector import nova_client
from cdm_graph.collector import nova_rows

Row = nova_client.Row
_NOVA: typing.Final = nova_client.NovaClient.service

_HOST: typing.Final = 'OS-EXT-SRV-ATTR:host'
#: How often the time is asked for; the answer that came soonest counts.
_TIMES: typing.Final = 3
#: A header has whole seconds only, and many servers make it once a second:
#: it is up to two seconds behind, and one on average.
_BEHIND: typing.Final = 1.0
_FIRST_ERROR: typing.Final = 400


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """Seconds that a clock is ahead of ours, give or take the error."""

    seconds: float
    error: float

    @property
    def least(self) -> float:
        """How far the clocks are apart at least; never negative."""
        return max(0.0, abs(self.seconds) - self.error)


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """The first page of the servers of all projects.

    ``asked`` is the size that was asked for; ``hosted`` tells whether the
    rows say on which host a server is, and is none without a row.
    """

    asked: int
    rows: int
    is_last: bool
    projects: frozenset[str]
    hosted: bool | None


@dataclasses.dataclass(frozen=True, slots=True)
class CloudFacts:
    """What the API shows of itself.

    ``unseen`` is the number of hosts in cells that are down; ``errors`` are
    the sentences of what could not be read, by what it is; ``refused`` those
    of them for which the rights are missing.
    """

    microversion: str | None
    project: str | None
    difference: Difference | None
    page: Page | None
    unseen: int
    errors: collections.abc.Mapping[str, str]
    refused: collections.abc.Set[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A server that changed, by the row that the API shows of it."""

    uuid: str
    host: str | None
    created: bool
    deleted: bool


#: The facts that an event would tell, by the key of their element, by family.
Census = collections.abc.Mapping[
    str, collections.abc.Mapping[str, frozenset[object]]
]


class CloudProbe:
    """Reads a cloud with the daemon's configuration.

    :raises cdm_graph.exceptions.ConfigurationError: if an option is missing
        or wrong
    """

    def __init__(self, conf: cfg.ConfigOpts, clock: clocks.Clock) -> None:
        self._conf = conf
        self._clock = clock
        self._session = credentials.load_session(conf, _NOVA)
        self._options = credentials.adapter_options(conf, _NOVA)
        self._size = int(conf.collector.nova_page_size)
        self._nova = credentials.connect(conf, nova_client.NovaClient)

    def log_in(self) -> None:
        """Log in.

        :raises cdm_graph.exceptions.ConfigurationError: if the cloud says
            that an option is wrong
        :raises cdm_graph.exceptions.CollectorError: if it does not answer
        """
        credentials.check(self._conf, _NOVA)
        self._nova.compute_services()

    def facts(self) -> CloudFacts:
        """Read the first of everything that the daemon reads."""
        errors: dict[str, str] = {}
        refused: set[str] = set()
        for what, read in self._reads().items():
            try:
                for _row in read():
                    break
            except exceptions.AccessDenied as error:
                refused.add(what)
                errors[what] = str(error)
            except exceptions.CollectorError as error:
                errors[what] = str(error)
        return CloudFacts(
            microversion=self._nova.microversion,
            project=self._project(),
            difference=self._difference(),
            page=None if 'servers' in errors else self._page(),
            unseen=0 if 'services' in errors else self._unseen(),
            errors=errors,
            refused=refused,
        )

    def census(self) -> Census:
        """Return the facts about all that there is little of.

        A family that cannot be read is left out.
        """
        found: dict[str, dict[str, frozenset[object]]] = {}
        for family, read, key, facts in (
            ('service', self._nova.compute_services, 'host', _service),
            ('aggregate', self._nova.aggregates, 'uuid', _aggregate),
            ('flavor', self._nova.flavors, 'id', _nothing),
            ('server_group', self._nova.server_groups, 'id', _group),
        ):
            try:
                found[family] = {
                    str(row.get(key)): facts(row) for row in read()
                }
            except exceptions.CollectorError:
                continue
        return found

    def changes(self, since: float, until: float) -> list[Change]:
        """Return the servers that changed in a time, by the cloud's clock.

        :raises cdm_graph.exceptions.CollectorError: if they cannot be read
        """
        begin = datetime.datetime.fromtimestamp(math.ceil(since), datetime.UTC)
        rows = {
            str(row.get('id')): row
            for row in self._nova.changed_servers(begin)
        }
        return [
            Change(
                uuid=uuid,
                host=row.get(_HOST),
                created=since <= (_time(row.get('created')) or 0.0),
                deleted=nova_rows.is_deleted(row),
            )
            for uuid, row in rows.items()
            if since <= (_time(row.get('updated')) or math.inf) <= until
        ]

    def _reads(
        self,
    ) -> dict[
        str, collections.abc.Callable[[], collections.abc.Iterable[Row]]
    ]:
        nova = self._nova
        now = datetime.datetime.fromtimestamp(self._clock.time(), datetime.UTC)
        return {
            'servers': nova.servers,
            'changed servers': lambda: nova.changed_servers(now),
            'migrations': lambda: nova.changed_migrations(now),
            'hypervisors': nova.hypervisors,
            'services': nova.compute_services,
            'aggregates': nova.aggregates,
            'availability zones': nova.availability_zones,
            'flavors': nova.flavors,
            'server groups': nova.server_groups,
        }

    def _project(self) -> str | None:
        try:
            project: str | None = self._session.get_project_id()
        except keystone_exceptions.ClientException:
            return None
        return project

    def _page(self) -> Page | None:
        """Ask for the first page of servers, as the client does."""
        body = self._body(
            f'/servers/detail?all_tenants=1&soft_deleted=true'
            f'&limit={self._size}'
        )
        rows = body.get('servers')
        if not isinstance(rows, list):
            return None
        return Page(
            asked=self._size,
            rows=len(rows),
            is_last=not body.get('servers_links'),
            projects=frozenset(str(row.get('tenant_id')) for row in rows),
            hosted=all(_HOST in row for row in rows) if rows else None,
        )

    def _unseen(self) -> int:
        """Count the hosts of which Nova knows no more than their names."""
        return sum(
            not nova_rows.is_service_observed(row)
            for row in self._nova.compute_services()
        )

    def _difference(self) -> Difference | None:
        """Compare the API's clock with ours."""
        found = [
            each for each in (self._compare() for _ in range(_TIMES)) if each
        ]
        return min(found, key=lambda each: each.error, default=None)

    def _compare(self) -> Difference | None:
        before = self._clock.time()
        response = self._ask('/servers?limit=1')
        after = self._clock.time()
        header = response and response.headers.get('Date')
        if not header:
            return None
        try:
            theirs = email.utils.parsedate_to_datetime(header).timestamp()
        except ValueError:
            return None
        ours = (before + after) / 2
        return Difference(
            theirs + _BEHIND - ours, _BEHIND + (after - before) / 2
        )

    def _body(self, path: str) -> Row:
        response = self._ask(path)
        if response is None or response.status_code >= _FIRST_ERROR:
            return {}
        try:
            body = response.json()
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def _ask(self, path: str) -> typing.Any:
        """Return an answer, whatever its status; none if there is none."""
        adapter = adapters.Adapter(
            self._session,
            service_type='compute',
            interface=self._options.get('endpoint_type'),
            region_name=self._options.get('region_name'),
            endpoint_override=self._options.get('endpoint_override'),
            default_microversion=self._nova.microversion,
        )
        try:
            return adapter.get(path, raise_exc=False)
        except keystone_exceptions.ClientException:
            return None


def gained(before: Census, after: Census) -> dict[str, list[str]]:
    """Return the elements that came, went or changed, by their family.

    What an element only lost is left out for server groups: that a member
    left is never announced.
    """
    return {
        family: sorted(
            key
            for key in {*before[family], *after[family]}
            if _differs(
                family, before[family].get(key), after[family].get(key)
            )
        )
        for family in after
        if family in before
    }


def _differs(
    family: str,
    before: frozenset[object] | None,
    after: frozenset[object] | None,
) -> bool:
    if before is None or after is None:
        return before is not after
    if family == 'server_group':
        return not after <= before
    return after != before


def _service(row: Row) -> frozenset[object]:
    """Return what Nova announces of a service; not whether it is up."""
    return frozenset(
        (name, row.get(name))
        for name in ('status', 'forced_down', 'disabled_reason')
    )


def _aggregate(row: Row) -> frozenset[object]:
    metadata = row.get('metadata') or {}
    return frozenset(
        (row.get('name'), *(row.get('hosts') or ()), *metadata.items())
    )


def _group(row: Row) -> frozenset[object]:
    return frozenset(row.get('members') or ())


def _nothing(_row: Row) -> frozenset[object]:
    return frozenset()


def _time(text: typing.Any) -> float | None:
    """Return a time of the API in seconds since the epoch."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()

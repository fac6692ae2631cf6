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

"""ApiProbe: what the API of a service shows of itself.

It reads with the daemon's configuration, so that what is refused here is
refused to the daemon.  It only reads.

Of a service of which no more is known than how a collector names it, that is
whether it lets us in, and what its clock says.  A probe of a service that is
known better reads what its collector reads, by the collector's own client.
"""

import collections.abc
import contextlib
import datetime
import typing

from keystoneauth1 import adapter as adapters
from keystoneauth1 import exceptions as keystone_exceptions
from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.collector import credentials
from cdm_graph.collector import rest_client
from cdm_graph.diagnosis import api_clock
from cdm_graph.diagnosis import api_facts

Row = rest_client.Row
#: What reads each list, by what it is of; the first row is enough.  What there
#: is most of comes first.
Reads = collections.abc.Mapping[
    str, collections.abc.Callable[[], collections.abc.Iterable[object]]
]
#: How many of those that are used elsewhere are looked for.
_SAMPLE: typing.Final = 5


class ApiProbe:
    """Looks at a service.

    :raises cdm_graph.exceptions.ConfigurationError: if an option is missing
        or wrong
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        service: rest_client.Service,
        clock: clocks.Clock,
    ) -> None:
        self._conf = conf
        self._service = service
        self._clock = clock
        self._session = credentials.load_session(conf, service)
        self._options = credentials.adapter_options(conf, service)

    def log_in(self) -> None:
        """Log in.

        :raises cdm_graph.exceptions.ConfigurationError: if the cloud says
            that an option is wrong
        :raises cdm_graph.exceptions.CollectorError: if it does not answer
        """
        credentials.check(self._conf, self._service)
        # What is refused is for the check of the policy to tell.
        with contextlib.suppress(exceptions.AccessDenied):
            self._greet()

    def facts(
        self, used: collections.abc.Set[str] = frozenset()
    ) -> api_facts.ApiFacts:
        """Read the first of everything that the daemon reads.

        :param used: some of what another service says it uses of this one
        """
        errors, refused = self._tried()
        project = self._project()
        page = self._page_unless(errors)
        return api_facts.ApiFacts(
            microversion=self._microversion,
            project=project,
            difference=self._difference(),
            page=page,
            errors=errors,
            refused=refused,
            missing=(
                self._missing(used - page.keys)
                if page is not None and page.is_only_of(project)
                else ()
            ),
        )

    # -- what a probe that knows the service reads ---

    def _greet(self) -> None:
        """Ask for little, to see whether the service answers."""
        if self._ask('/') is None:
            raise exceptions.CloudUnavailable(
                f'{self._service.name} at '
                f'{credentials.describe(self._conf, self._service)} does not '
                'answer.'
            )

    @property
    def _microversion(self) -> str | None:
        return None

    def _reads(self) -> Reads:
        return {}

    def _page(self) -> api_facts.Page | None:
        return None

    def _find(self, key: str) -> None:
        """Read one row.

        :raises cdm_graph.exceptions.CollectorError: if it is not shown
        """

    # -- what all have in common ---

    def _timed(
        self, client: rest_client.RestClient, path: str
    ) -> tuple[Row, float]:
        """Return an answer, and the seconds that it took."""
        began = self._clock.monotonic()
        body = client.answer(path)
        return body, self._clock.monotonic() - began

    def _tried(self) -> tuple[dict[str, str], set[str]]:
        """Return what cannot be read, and what of it is refused."""
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
        return errors, refused

    def _page_unless(
        self, errors: collections.abc.Container[str]
    ) -> api_facts.Page | None:
        """Return the first page of what there is most of, if it is shown."""
        if next(iter(self._reads()), None) in errors:
            return None
        try:
            return self._page()
        except exceptions.CollectorError:
            return None

    def _missing(self, keys: collections.abc.Set[str]) -> tuple[str, ...]:
        """Return the first of some keys of which no row is shown."""
        return tuple(
            key for key in sorted(keys)[:_SAMPLE] if not self._shows(key)
        )

    def _shows(self, key: str) -> bool:
        try:
            self._find(key)
        except (rest_client.RowNotFound, exceptions.AccessDenied):
            return False
        except exceptions.CollectorError:
            # What fails hides nothing.
            return True
        return True

    def _project(self) -> str | None:
        try:
            project: str | None = self._session.get_project_id()
        except keystone_exceptions.ClientException:
            return None
        return project

    def _difference(self) -> api_clock.Difference | None:
        """Compare the API's clock with ours."""
        return api_clock.difference(lambda: self._headers('/'), self._clock)

    def _headers(self, path: str) -> collections.abc.Mapping[str, str] | None:
        response = self._ask(path)
        return None if response is None else response.headers

    def _ask(self, path: str) -> typing.Any:
        """Return an answer, whatever its status; none if there is none."""
        adapter = adapters.Adapter(
            self._session,
            service_type=self._service.type,
            interface=self._options.get('endpoint_type'),
            region_name=self._options.get('region_name'),
            endpoint_override=self._options.get('endpoint_override'),
            default_microversion=self._microversion,
        )
        try:
            return adapter.get(path, raise_exc=False)
        except keystone_exceptions.ClientException:
            return None


def read_time(text: typing.Any) -> float | None:
    """Return a time of an API in seconds since the epoch."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()

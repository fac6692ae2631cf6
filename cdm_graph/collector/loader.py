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

"""ClusterModelCollectorLoader: collectors by their entry points."""

import collections.abc
import contextlib
import importlib.metadata
import typing

from oslo_log import log
import stevedore
from stevedore import exception as stevedore_exceptions

from cdm_graph import exceptions
from cdm_graph.collector import base
from cdm_graph.collector import loadable
from cdm_graph.model import plugins

LOG = log.getLogger(__name__)

#: The namespace of the entry points.
NAMESPACE: typing.Final = 'cdm_graph.collectors'


class ClusterModelCollectorLoader:
    """Loads collectors: ours, and those of other packages."""

    def list_available(self) -> tuple[str, ...]:
        """Return the names of the collectors that are installed.

        None of them is imported: one that does not work is installed, too.
        """
        installed = importlib.metadata.entry_points(group=NAMESPACE)
        return tuple(sorted(installed.names))

    def load(
        self, name: str, surroundings: loadable.Surroundings
    ) -> base.BaseClusterModelCollector:
        """Return the one instance of a collector.

        :raises cdm_graph.exceptions.CollectorNotFound: if there is none
        :raises cdm_graph.exceptions.CollectorUnusable: if it does not work
        """
        found = self.find(name)
        with _blaming(name):
            return found(surroundings)

    def find(self, name: str) -> type[base.BaseClusterModelCollector]:
        """Return the class of a collector.

        :raises cdm_graph.exceptions.CollectorNotFound: if there is none
        :raises cdm_graph.exceptions.CollectorUnusable: if it does not work
        """
        try:
            manager: stevedore.DriverManager[typing.Any]
            with _blaming(name):
                manager = stevedore.DriverManager(
                    NAMESPACE, name, on_load_failure_callback=_raise
                )
        except stevedore_exceptions.NoMatches as error:
            known = ', '.join(self.list_available()) or 'none'
            raise exceptions.CollectorNotFound(
                f'No collector {name!r} is installed; there are: {known}. '
                'Correct [collector] collectors.'
            ) from error
        driver: typing.Any = manager.driver
        is_class = isinstance(driver, type)
        if not is_class or not issubclass(
            driver, base.BaseClusterModelCollector
        ):
            raise exceptions.CollectorNotFound(
                f'The entry point {name!r} of {NAMESPACE} is no collector.'
            )
        return typing.cast(type[base.BaseClusterModelCollector], driver)


@contextlib.contextmanager
def _blaming(name: str) -> collections.abc.Iterator[None]:
    """Tell whose mistake it is, where a collector's own code fails.

    :raises cdm_graph.exceptions.CollectorUnusable: if it does
    """
    try:
        yield
    except (exceptions.CdmGraphError, stevedore_exceptions.NoMatches):
        raise
    except Exception as error:  # whatever the code of others can raise
        # Where its kinds cannot be used, that is the cause of the rest.
        told = plugins.MISTAKES or [f'{type(error).__name__}: {error}.']
        raise exceptions.CollectorUnusable(
            f'The collector {name!r} is installed, but does not work: '
            f'{" ".join(told)} Mend its package, or take it out of '
            '[collector] collectors.'
        ) from error


def _raise(
    _manager: object, _entrypoint: object, error: BaseException
) -> None:
    raise error

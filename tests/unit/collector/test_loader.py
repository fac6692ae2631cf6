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

import importlib.metadata
import typing

import pytest
from stevedore import extension

from cdm_graph import exceptions
from cdm_graph.collector import base
from cdm_graph.collector import loadable
from cdm_graph.collector import loader as loaders
from cdm_graph.collector import manager as managers
from cdm_graph.collector import reconcile
from cdm_graph.conf import loading
from cdm_graph.model import live_model
from cdm_graph.model import plugins
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from cdm_graph.notification import handler
from tests.support import clock as clocks
from tests.support import elements


class _Collector(base.BaseClusterModelCollector):
    """A collector of another package: it fetches from nowhere."""

    constructed = 0

    def __init__(self, surroundings: loadable.Surroundings) -> None:
        type(self).constructed += 1
        super().__init__(surroundings)

    @property
    def notification_handler(self) -> handler.NotificationHandler:
        return typing.cast(handler.NotificationHandler, self)

    def synchronize(self) -> live_model.LiveModel:
        return live_model.LiveModel([elements.node(1)])

    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        return reconcile.Reading()


class _Broken(_Collector):
    def __init__(self, _surroundings: loadable.Surroundings) -> None:
        raise exceptions.ConfigurationError('An option is wrong.')


class _Mistaken(_Collector):
    def __init__(self, surroundings: loadable.Surroundings) -> None:
        raise AttributeError(f'{type(surroundings)} has no racks')


class _NoCollector:
    def __init__(self, _surroundings: loadable.Surroundings) -> None:
        pass


@pytest.fixture
def surroundings(clock: clocks.FakeClock) -> loadable.Surroundings:
    return loadable.Surroundings(
        loading.load(find_files=False), clock, accounting.Accounting()
    )


@pytest.fixture
def loader(
    monkeypatch: pytest.MonkeyPatch,
) -> loaders.ClusterModelCollectorLoader:
    """Return a loader of entry points that are not installed."""
    found = {
        'other': _Collector,
        'broken': _Broken,
        'mistaken': _Mistaken,
        'no-collector': _NoCollector,
    }

    class _EntryPoint:
        def __init__(self, name: str) -> None:
            self.name, self.group = name, loaders.NAMESPACE
            self.value = f'tests:{name}'
            self.module, self.attr = 'tests', name

        def load(self) -> object:
            if self.name == 'unimportable':
                raise ImportError('No module named racks')
            return found[self.name]

        resolve = load

    points = [_EntryPoint(name) for name in (*found, 'unimportable')]
    monkeypatch.setattr(
        extension.ExtensionManager, 'list_entry_points', lambda _self: points
    )
    monkeypatch.setattr(
        importlib.metadata,
        'entry_points',
        lambda group: importlib.metadata.EntryPoints(
            importlib.metadata.EntryPoint(point.name, point.value, group)
            for point in points
        ),
    )
    return loaders.ClusterModelCollectorLoader()


def test_collectors_are_found_by_their_entry_points(
    loader: loaders.ClusterModelCollectorLoader,
    surroundings: loadable.Surroundings,
) -> None:
    assert loader.list_available() == (
        'broken',
        'mistaken',
        'no-collector',
        'other',
        'unimportable',
    )
    collector = loader.load('other', surroundings)
    try:
        assert isinstance(collector, _Collector)
        assert collector.surroundings is surroundings
        assert loader.load('other', surroundings) is collector
    finally:
        collector.stop()


def test_a_name_that_is_not_installed_is_told_with_those_that_are(
    loader: loaders.ClusterModelCollectorLoader,
    surroundings: loadable.Surroundings,
) -> None:
    with pytest.raises(
        exceptions.CollectorNotFound, match=r"'nobody'.*broken.*other"
    ):
        loader.load('nobody', surroundings)


def test_an_entry_point_that_is_no_collector_is_refused(
    loader: loaders.ClusterModelCollectorLoader,
    surroundings: loadable.Surroundings,
) -> None:
    with pytest.raises(exceptions.CollectorNotFound, match='no collector'):
        loader.load('no-collector', surroundings)


def test_what_a_collector_raises_is_not_hidden(
    loader: loaders.ClusterModelCollectorLoader,
    surroundings: loadable.Surroundings,
) -> None:
    with pytest.raises(exceptions.ConfigurationError, match='An option'):
        loader.load('broken', surroundings)


@pytest.mark.parametrize(
    ('name', 'words'),
    [
        ('mistaken', 'AttributeError: .* has no racks. Mend its package, or'),
        ('unimportable', 'ImportError: No module named racks. Mend'),
    ],
)
def test_a_mistake_in_a_collector_is_told_as_its_own(
    loader: loaders.ClusterModelCollectorLoader,
    surroundings: loadable.Surroundings,
    name: str,
    words: str,
) -> None:
    with pytest.raises(
        exceptions.CollectorUnusable, match=f'collector {name!r}.*{words}'
    ):
        loader.load(name, surroundings)


def test_where_its_kinds_cannot_be_used_that_is_why(
    loader: loaders.ClusterModelCollectorLoader,
    surroundings: loadable.Surroundings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plugins, 'MISTAKES', ['racks cannot be used: why.'])
    with pytest.raises(
        exceptions.CollectorUnusable, match='work: racks cannot be used'
    ):
        loader.load('unimportable', surroundings)


def test_a_manager_loads_each_collector_once_and_stops_all(
    loader: loaders.ClusterModelCollectorLoader,
    surroundings: loadable.Surroundings,
) -> None:
    _Collector.constructed = 0
    manager = managers.CollectorManager(['other'], surroundings, loader)
    assert manager.get_loaded() == ()
    collector = manager.get_collector('other')
    assert manager.get_collectors() == {'other': collector}
    assert manager.get_loaded() == (collector,)
    assert manager.get_notification_handlers() == (collector,)
    assert _Collector.constructed == 1
    ticket = collector.request_synchronize('a test')
    assert collector.wait_for_synchronize(ticket, 20)
    assert len(collector.get_latest_cluster_data_model()) == 2
    manager.stop()
    assert manager.get_loaded() == ()


def test_a_collector_that_is_not_configured_is_not_found(
    loader: loaders.ClusterModelCollectorLoader,
    surroundings: loadable.Surroundings,
) -> None:
    manager = managers.CollectorManager([], surroundings, loader)
    with pytest.raises(exceptions.CollectorNotFound, match="'nova'"):
        manager.get_collector('nova')

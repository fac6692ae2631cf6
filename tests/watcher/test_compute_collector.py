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
from watcher.common import exception
from watcher.common import utils
from watcher.decision_engine.loading import default
from watcher.decision_engine.model.collector import nova

from cdm_graph.integration.watcher import capacities
from cdm_graph.integration.watcher import compute_collector
from cdm_graph.integration.watcher import options
from cdm_graph.integration.watcher import source as sources
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from tests.support import elements
from tests.watcher import filled

_Any = typing.Any
_OWN: typing.Final = nova.NovaClusterDataModelCollector


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> filled.Filled:
    made = filled.Filled(
        'nova',
        elements.node(1),
        elements.hosted(10, elements.node(1), vcpus=3),
    )
    monkeypatch.setattr(sources.Source, 'configured_in', lambda _files: made)
    monkeypatch.setattr(
        capacities.Capacities, '_inventories', lambda _self, _uuid: None
    )
    return made


def _load(name: str) -> _Any:
    return default.ClusterDataModelCollectorLoader().load(name)


def test_it_stands_in_for_watchers_own(source: filled.Filled) -> None:
    ours = _load(options.COMPUTE)
    assert isinstance(ours, compute_collector.ComputeCollector)
    assert source.started
    # Strategies ask for this name.
    assert _load('compute') is ours


def test_two_of_a_name_are_refused_by_watcher(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Hence the other name."""
    space = 'watcher_cluster_data_model_collectors'
    known = importlib.metadata.entry_points(group=space)
    twin = importlib.metadata.EntryPoint(
        'compute', 'tests.watcher.peer:Collector', space
    )
    monkeypatch.setitem(
        extension.ExtensionManager.ENTRY_POINT_CACHE, space, [*known, twin]
    )
    with pytest.raises(exception.LoadingError):
        _load('compute')


def test_each_audit_has_a_model_of_its_own(source: filled.Filled) -> None:
    ours = _load(options.COMPUTE)
    one, other = (ours.get_latest_cluster_data_model() for _ in range(2))
    one.remove_node(one.get_node_by_uuid(elements.uuid(1)))
    assert list(other.get_all_compute_nodes()) == [elements.uuid(1)]
    assert list(one.get_all_compute_nodes()) == []


def test_it_shows_what_happened_since(source: filled.Filled) -> None:
    ours = _load(options.COMPUTE)
    before = ours.get_latest_cluster_data_model()
    source.model.apply([mutation.Put(elements.node(2))])
    assert ours.get_latest_cluster_data_model().get_node_by_name('host-2')
    with pytest.raises(exception.ComputeNodeNotFound):
        before.get_node_by_name('host-2')


def test_a_stale_model_is_refused_by_strategies(source: filled.Filled) -> None:
    source.model.mark_recalled(1.0)
    assert not _load(options.COMPUTE).get_latest_cluster_data_model()


def test_without_a_model_it_says_why(source: filled.Filled) -> None:
    ours = _load(options.COMPUTE)
    source.is_filled = False
    with pytest.raises(
        exception.ClusterDataModelCollectionError, match='Not yet'
    ):
        ours.get_latest_cluster_data_model()
    # Watcher's scheduler would log a traceback a period.
    ours.synchronize()


def test_the_scope_of_an_audit_is_watchers_own(source: filled.Filled) -> None:
    ours = _load(options.COMPUTE)
    scope = [
        {'compute': [{'exclude': [{'instances': [_named(10)]}]}]},
    ]
    handler = ours.get_audit_scope_handler(scope)
    model = handler.get_scoped_model(ours.get_latest_cluster_data_model())
    assert model.get_instance_by_uuid(elements.uuid(10)).watcher_exclude


def _named(number: int) -> dict[str, str]:
    return {'uuid': elements.uuid(number)}


def test_servers_are_excluded_by_their_metadata(source: filled.Filled) -> None:
    source.model = live_model.LiveModel(
        [
            elements.node(1),
            elements.hosted(10, elements.node(1), metadata={'a': 'B'}),
            elements.hosted(11, elements.node(1), metadata={'a': 'c'}),
        ]
    )
    ours = _load(options.COMPUTE)
    scope = [{'compute': [{'exclude': [{'instance_metadata': [{'a': 'b'}]}]}]}]
    handler = ours.get_audit_scope_handler(scope)
    model = handler.get_scoped_model(ours.get_latest_cluster_data_model())
    excluded = [
        model.get_instance_by_uuid(elements.uuid(number)).watcher_exclude
        for number in (10, 11)
    ]
    assert excluded == [True, False]


def test_watchers_own_cannot_exclude_by_metadata(
    source: filled.Filled,
) -> None:
    """Its scope asks for an option that its collector does not declare."""
    config = utils.Struct(
        {each.dest: each.default for each in _OWN.get_config_opts()}
    )
    own = type.__call__(_OWN, config)
    scope = [{'compute': [{'exclude': [{'instance_metadata': [{'a': 'b'}]}]}]}]
    handler = own.get_audit_scope_handler(scope)
    model = _load(options.COMPUTE).get_latest_cluster_data_model()
    with pytest.raises(AttributeError, match='check_optimize_metadata'):
        handler.get_scoped_model(model)

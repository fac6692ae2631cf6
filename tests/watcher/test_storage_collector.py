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

import typing

import pytest
from watcher.decision_engine.loading import default

from cdm_graph.integration.watcher import options
from cdm_graph.integration.watcher import source as sources
from cdm_graph.integration.watcher import storage_collector
from tests.support import elements
from tests.watcher import filled
from tests.watcher import storage

_Any = typing.Any
_PROJECT: typing.Final = 'cd' * 16


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> _Any:
    made = filled.Filled(
        'cinder',
        storage.node('a@ssd'),
        storage.pool('a@ssd#x'),
        storage.pool('a@ssd#y'),
        storage.volume(1, pool='a@ssd#x'),
        storage.volume(2, pool='a@ssd#y'),
        storage.volume(3, pool='a@ssd#y', project_id=_PROJECT),
        storage.volume(4, pool='a@ssd#y'),
    )
    monkeypatch.setattr(sources.Source, 'configured_in', lambda _files: made)
    return _load(options.STORAGE)


def _load(name: str) -> _Any:
    return default.ClusterDataModelCollectorLoader().load(name)


def _scoped(ours: _Any, *rules: dict[str, _Any]) -> _Any:
    handler = ours.get_audit_scope_handler([{'storage': list(rules)}])
    return handler.get_scoped_model(ours.get_latest_cluster_data_model())


def test_it_stands_in_for_watchers_own(ours: _Any) -> None:
    assert isinstance(ours, storage_collector.StorageCollector)
    assert _load('storage') is ours
    # What Watcher does with those that it has loaded.
    assert ours.notification_endpoints == []
    ours.synchronize()
    assert ours.config.period == 3600


def test_each_audit_has_a_model_of_its_own(ours: _Any) -> None:
    one, other = (ours.get_latest_cluster_data_model() for _ in range(2))
    one.remove_node(one.get_node_by_name('a@ssd'))
    assert list(other.get_all_storage_nodes()) == ['a@ssd']


def test_the_scope_of_an_audit_is_watchers_own(ours: _Any) -> None:
    excluded = {
        'exclude': [
            {'storage_pools': [{'name': 'a@ssd#x'}]},
            {'volumes': [{'uuid': elements.uuid(2)}]},
            {'projects': [{'uuid': _PROJECT}]},
        ]
    }
    model = _scoped(ours, excluded)
    assert list(model.get_all_volumes()) == [elements.uuid(4)]
    node = model.get_node_by_name('a@ssd')
    assert [pool.name for pool in model.get_node_pools(node)] == ['a@ssd#y']


def test_watchers_own_scope_cannot_choose_by_volume_types(ours: _Any) -> None:
    """It hands over one argument too many."""
    rule = {'volume_types': [{'name': '*'}]}
    with pytest.raises(TypeError, match='positional argument'):
        _scoped(ours, rule)

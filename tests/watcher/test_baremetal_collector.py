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

from ironicclient.v1 import node
import pytest
from watcher.common import utils
from watcher.decision_engine.loading import default
from watcher.decision_engine.model.collector import ironic

from cdm_graph.integration.watcher import baremetal_collector
from cdm_graph.integration.watcher import options
from cdm_graph.integration.watcher import source as sources
from cdm_graph.model import schema
from tests.support import elements
from tests.watcher import filled

_Any = typing.Any


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> _Any:
    made = filled.Filled(
        'ironic',
        *(schema.BaremetalNode(uuid=elements.uuid(each)) for each in (1, 2)),
    )
    monkeypatch.setattr(sources.Source, 'configured_in', lambda _files: made)
    return _load(options.BAREMETAL)


def _load(name: str) -> _Any:
    return default.ClusterDataModelCollectorLoader().load(name)


def test_it_stands_in_for_watchers_own(ours: _Any) -> None:
    assert isinstance(ours, baremetal_collector.BaremetalCollector)
    assert _load('baremetal') is ours


def test_the_decision_engine_can_load_it(ours: _Any) -> None:
    """Watcher's own it cannot: it adds up all lists of endpoints."""
    assert ours.notification_endpoints == []
    own = type.__call__(
        ironic.BaremetalClusterDataModelCollector, utils.Struct(period=3600)
    )
    assert own.notification_endpoints is None


def test_watchers_own_can_read_no_machine() -> None:
    """It takes a mapping for an object."""
    told = {
        'uuid': elements.uuid(1),
        'power_state': 'power on',
        'maintenance': True,
        'maintenance_reason': 'a disk',
        'extra': {'compute_node_id': elements.uuid(9)},
    }
    builder = object.__new__(ironic.BareMetalModelBuilder)
    with pytest.raises(AttributeError, match='compute_node_id'):
        builder.build_ironic_node(node.Node(None, told, loaded=True))


def test_the_scope_of_an_audit_is_watchers_own(ours: _Any) -> None:
    rule = {'exclude': [{'ironic_nodes': [{'uuid': elements.uuid(1)}]}]}
    handler = ours.get_audit_scope_handler([{'baremetal': [rule]}])
    model = handler.get_scoped_model(ours.get_latest_cluster_data_model())
    assert list(model.get_all_ironic_nodes()) == [elements.uuid(2)]

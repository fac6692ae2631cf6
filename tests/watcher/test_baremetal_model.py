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

import copy
import typing

import pytest
from watcher.common import exception
from watcher.decision_engine.model import element
from watcher.decision_engine.model import model_root

from cdm_graph.integration.watcher import baremetal_elements
from cdm_graph.integration.watcher import baremetal_model
from cdm_graph.model import live_model
from cdm_graph.model import schema
from tests.support import elements


def _machine(number: int, **facts: typing.Any) -> schema.BaremetalNode:
    return schema.BaremetalNode(uuid=elements.uuid(number), **facts)


def _model(
    *several: schema.Element, stale: bool = False
) -> baremetal_model.BaremetalModel:
    snapshot = live_model.LiveModel(several).snapshot(read_only=True)
    return baremetal_model.BaremetalModel(snapshot, stale=stale)


def test_a_machine_is_as_watcher_would_have_made_it() -> None:
    made = element.IronicNode(
        uuid=elements.uuid(1),
        power_state='power on',
        maintenance=True,
        maintenance_reason='a disk',
        extra={'compute_node_id': elements.uuid(9)},
    )
    shown = baremetal_elements.BaremetalNode(
        _machine(
            1,
            power_state='power on',
            maintenance=True,
            maintenance_reason='a disk',
            name='machine-1',
            compute_names=(elements.uuid(1), elements.uuid(9), 'machine-1'),
        )
    )
    assert shown.facts.keys() == shown.fields.keys()
    assert shown.as_dict() == made.as_dict()
    written, expected = shown.as_xml_element(), made.as_xml_element()
    assert (written.tag, written.attrib) == (expected.tag, expected.attrib)


def test_watcher_cannot_show_what_is_not_in_maintenance() -> None:
    """Ironic gives no reason then, and Watcher's own fails on it."""
    shown = baremetal_elements.BaremetalNode(_machine(1))
    assert shown.maintenance_reason == shown.power_state == ''
    assert shown.extra == {'compute_node_id': None}
    with pytest.raises(ValueError, match='maintenance_reason'):
        element.IronicNode(maintenance_reason=None)


def test_machines_are_in_the_order_of_their_uuids() -> None:
    model = _model(_machine(2), _machine(1))
    assert list(model.get_all_ironic_nodes()) == [
        elements.uuid(1),
        elements.uuid(2),
    ]


def test_machines_come_and_go() -> None:
    model = _model(_machine(1), _machine(2))
    machine = model.get_node_by_uuid(elements.uuid(1))
    model.remove_node(machine)
    with pytest.raises(exception.IronicNodeNotFound):
        model.get_node_by_uuid(machine.uuid)
    with pytest.raises(exception.IronicNodeNotFound):
        model.remove_node(machine)
    model.add_node(machine)
    assert list(model.get_all_ironic_nodes()) == [
        elements.uuid(2),
        elements.uuid(1),
    ]
    with pytest.raises(exception.IllegalArgumentException):
        model.add_node(element.Instance())


def test_it_writes_itself_as_watchers_own_does() -> None:
    model = _model(_machine(2, power_state='power off'), _machine(1))
    theirs = model_root.BaremetalModelRoot()
    for machine in model.get_all_ironic_nodes().values():
        theirs.add_node(copy.deepcopy(machine))
    assert model.to_string() == theirs.to_string()


def test_it_is_false_where_it_is_stale() -> None:
    assert _model()
    assert not _model(stale=True)

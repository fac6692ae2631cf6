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

from watcher.decision_engine.model import element

from cdm_graph.integration.watcher import capacity
from cdm_graph.integration.watcher import compute_elements as watcher_elements
from tests.support import elements


def _node(number: int = 1) -> watcher_elements.ComputeNode:
    of = elements.node(number)
    return watcher_elements.ComputeNode(of, capacity.Capacity.of(of))


def test_every_field_of_watchers_classes_is_told() -> None:
    for cls in (watcher_elements.ComputeNode, watcher_elements.Instance):
        assert cls.facts.keys() == cls.fields.keys()


def test_they_are_as_watcher_would_have_made_them() -> None:
    of = elements.hosted(
        10,
        elements.node(1),
        project_id='ab' * 16,
        created_at=elements.moment(0),
        metadata={'a': 'b'},
        swap_mb=1500,
        ephemeral_gb=7,
    )
    made = element.Instance(
        uuid=of.uuid,
        name='vm-10',
        state='active',
        memory=2048,
        disk=29,
        vcpus=2,
        metadata={'a': 'b'},
        project_id='ab' * 16,
        locked=False,
        created='2026-01-01T00:00:00Z',
        host='host-1',
        hypervisor_hostname='node-1',
        flavor_extra_specs={},
        pinned_az='',
    )
    shown = watcher_elements.Instance(of)
    assert shown.as_dict() == made.as_dict()
    assert [*shown] == [*made]
    assert shown.as_xml_element().attrib == made.as_xml_element().attrib


def test_what_is_written_stays() -> None:
    node = _node()
    node.status = 'disabled'
    assert node.status == node['status'] == node.get('status') == 'disabled'
    node.update({'state': 'down'})
    assert node.state == 'down'


def test_two_are_equal_if_all_their_fields_are() -> None:
    one, same, other = _node(), _node(), _node(2)
    assert one == same
    assert (one != same) is False
    assert one != other
    same.status = 'disabled'
    assert one != same
    assert one != 'a node'
    assert _node() in [other, one, _node()]


def test_a_deep_copy_is_apart() -> None:
    of = elements.hosted(10, elements.node(1), metadata={'a': 'b'})
    instance = watcher_elements.Instance(of)
    instance.metadata['c'] = 'd'
    copied = copy.deepcopy(instance)
    copied.metadata['e'] = 'f'
    copied.state = 'stopped'
    assert instance.metadata == {'a': 'b', 'c': 'd'}
    assert instance.state == 'active'
    assert copied.name == 'vm-10'

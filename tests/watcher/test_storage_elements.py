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

import pytest
from watcher.decision_engine.model import element

from cdm_graph.integration.watcher import storage_elements
from tests.support import elements
from tests.watcher import storage


def test_every_field_of_watchers_classes_is_told() -> None:
    for cls in (
        storage_elements.StorageNode,
        storage_elements.Pool,
        storage_elements.Volume,
    ):
        assert cls.facts.keys() == cls.fields.keys()


def test_a_back_end_is_as_watcher_would_have_made_it() -> None:
    of = storage.node('a@ssd', state='down', status='disabled')
    made = element.StorageNode(
        host='a@ssd',
        zone='az1',
        state='down',
        status='disabled',
        volume_type=['fast', 'faster'],
    )
    shown = storage_elements.StorageNode(of, ['fast', 'faster'])
    assert shown.as_dict() == made.as_dict()
    assert shown.as_xml_element().attrib == made.as_xml_element().attrib


def test_a_pool_is_as_watcher_would_have_made_it() -> None:
    made = element.Pool(
        name='a@ssd#fast',
        total_volumes=3,
        total_capacity_gb=100,
        free_capacity_gb=80,
        provisioned_capacity_gb=30,
        allocated_capacity_gb=20,
        # What a notification of Cinder's tells it later.
        virtual_free=80,
    )
    shown = storage_elements.Pool(storage.pool('a@ssd#fast'))
    assert shown.as_dict() == made.as_dict()
    assert [*shown] == [*made]
    assert shown.as_xml_element().attrib == made.as_xml_element().attrib


def test_space_that_is_not_known_has_no_value() -> None:
    shown = storage_elements.Pool(
        storage.pool('a@b#c', total_capacity_gb=None, free_capacity_gb=None)
    )
    with pytest.raises(NotImplementedError):
        _ = shown.total_capacity_gb
    assert 'free_capacity_gb' not in shown.as_dict()
    assert 'free_capacity_gb' not in shown.as_xml_element().attrib
    assert shown.virtual_free == 0
    shown.free_capacity_gb = 7
    assert shown.as_dict()['free_capacity_gb'] == 7


def test_less_than_nothing_is_nothing() -> None:
    shown = storage_elements.Pool(
        storage.pool('a@b#c', allocated_capacity_gb=-3.0)
    )
    assert shown.allocated_capacity_gb == 0


def test_a_volume_is_as_watcher_would_have_made_it() -> None:
    server = elements.uuid(7)
    of = storage.volume(
        1,
        pool='a@ssd#fast',
        status='in-use',
        attached_to=(server,),
        snapshot_id=elements.uuid(8),
        bootable=True,
        multiattach=True,
    )
    made = element.Volume(
        uuid=of.uuid,
        size=1,
        status='in-use',
        # Watcher has attachment_id, too; nothing of it reads that.
        attachments=[{'server_id': server}],
        name='volume-1',
        multiattach=True,
        snapshot_id=elements.uuid(8),
        project_id='ab' * 16,
        metadata={'a': 'b'},
        bootable=True,
        volume_type='type-90',
        created_at='2026-01-01T00:00:01.000000',
        host='a@ssd#fast',
    )
    shown = storage_elements.Volume(of)
    assert shown.as_dict() == made.as_dict()
    assert shown.as_xml_element().attrib == made.as_xml_element().attrib


def test_a_volume_may_be_on_no_pool() -> None:
    of = storage.volume(
        1, pool=None, snapshot_id=None, volume_type=None, project_id=None
    )
    shown = storage_elements.Volume(of)
    assert (shown.host, shown.volume_type, shown.snapshot_id) == ('', '', None)
    with pytest.raises(NotImplementedError):
        _ = shown.project_id

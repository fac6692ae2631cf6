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

"""What happens to back ends is announced by nobody but the scheduler."""

import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import operations as operations_module
from tests.unit.simulation import support

_SSD: typing.Final = 'storage-01@ssd'


def test_back_ends_are_disabled_and_frozen_silently(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    storage = cloud.storage
    assert support.run(cloud, does.disable_backend(_SSD, 'maint')) == []
    row = storage.backend(_SSD)
    assert (row.disabled, row.disabled_reason, row.frozen) == (
        True,
        'maint',
        False,
    )
    assert support.run(cloud, does.freeze_backend(_SSD)) == []
    row = storage.backend(_SSD)
    assert (row.disabled_reason, row.frozen) == ('frozen', True)
    assert support.run(cloud, does.thaw_backend(_SSD)) == []
    row = storage.backend(_SSD)
    assert (row.disabled, row.disabled_reason, row.frozen) == (
        False,
        '',
        False,
    )


def test_a_report_is_told_where_a_number_changed(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    assert support.run(cloud, does.report_capacity(_SSD)) == []
    volume = support.loose_volume(cloud)
    support.run(cloud, does.extend_volume(volume.uuid, volume.size_gb + 3))
    before = cloud.storage.pools[volume.pool or ''].report
    pool, backend = support.run(cloud, does.report_capacity(_SSD))
    assert pool.event_type == 'capacity.pool'
    assert pool.publisher_id == 'capacity.controller'
    assert pool.payload['name_to_id'] == volume.pool
    assert pool.payload['provisioned'] == before.provisioned_gb + 3
    assert backend.event_type == 'capacity.backend'
    assert backend.payload['name_to_id'] == _SSD
    pools = cloud.storage.pools_of(_SSD)
    for key in ('total_gb', 'free_gb', 'provisioned_gb', 'allocated_gb'):
        total = sum(getattr(each.report, key) for each in pools)
        assert backend.payload[key.removesuffix('_gb')] == total
    assert support.run(cloud, does.report_capacity(_SSD)) == []


def test_what_a_driver_cannot_tell_is_not_told(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    pool = cloud.storage.pools['storage-03@archive#cold']
    cloud.storage.allocate(pool.name, 5)
    assert support.run(cloud, does.report_capacity(pool.backend)) == []
    report = cloud.storage.pools[pool.name].report
    assert report.allocated_gb == pool.report.allocated_gb + 5


def test_the_dead_report_nothing_and_begin_with_all_of_it(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    assert support.run(cloud, does.crash_backend(_SSD)) == []
    cloud.storage.allocate(f'{_SSD}#fast', 5)
    assert support.run(cloud, does.report_capacity(_SSD)) == []
    volume = support.loose_volume(cloud)
    cloud.storage.change_volume(volume.uuid, size_gb=volume.size_gb + 1)
    messages = support.run(cloud, does.recover_backend(_SSD))
    assert support.told(messages) == ['capacity.pool', 'capacity.backend']
    for pool in cloud.storage.pools_of(_SSD):
        assert pool.report.allocated_gb == pool.report.provisioned_gb

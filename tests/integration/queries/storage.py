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

"""Block storage for the regions of the world: what is odd of it."""

import collections.abc
import typing

from cdm_graph.model import schema
from tests.support import elements

#: Back ends, and pools of them.
CEPH: typing.Final = 'odd@ceph'
AWAY: typing.Final = 'odd@away'
DISABLED: typing.Final = 'odd@disabled'
LEGACY: typing.Final = 'odd@lvm'
#: Its name begins as that of another one does.
PREFIX: typing.Final = 'odd@away2'
FAST: typing.Final = f'{CEPH}#fast'
FORGOTTEN: typing.Final = f'{AWAY}#forgotten'
REMOVED: typing.Final = 'removed@backend#pool'

_NEVER: typing.Final[dict[str, typing.Any]] = {
    'created_at': None,
    'updated_at': None,
}


def elements_of_one() -> collections.abc.Iterator[schema.Element]:
    """Yield what the region with all the oddities has."""
    yield from _backends()
    yield from _pools()
    yield _type(701, 'odd type')
    yield _type(702, 'unused type', is_public=False)
    yield from _volumes()
    yield from _snapshots()


def elements_of_another() -> collections.abc.Iterator[schema.Element]:
    """Yield what has the same names in another region."""
    yield schema.StorageNode(host=CEPH)
    yield _pool(FAST, total_capacity_gb=50.0, free_capacity_gb=20.0)
    yield _volume(601, FAST, project_id='red', attached_to=())
    yield _volume(650, f'{AWAY}#left', status='error')


def _backends() -> collections.abc.Iterator[schema.Element]:
    yield schema.StorageNode(host=CEPH, availability_zone='odd')
    yield schema.StorageNode(
        host=AWAY, state='down', availability_zone='only of Cinder'
    )
    yield schema.StorageNode(
        host=DISABLED, status='disabled', disabled_reason='full'
    )
    yield schema.StorageNode(host=LEGACY, state='down', status='disabled')
    yield schema.StorageNode(host=PREFIX)


def _pool(name: str, **facts: typing.Any) -> schema.StoragePool:
    return schema.StoragePool(
        name=name, storage_node=name.partition('#')[0], **facts
    )


def _pools() -> collections.abc.Iterator[schema.Element]:
    # What may be promised is no whole number, and less than what is left.
    yield _pool(
        FAST,
        total_capacity_gb=1000.5,
        free_capacity_gb=900.0,
        provisioned_capacity_gb=1200.25,
        max_over_subscription_ratio=1.5,
        reserved_percentage=10.0,
        thin_provisioning=True,
    )
    # More than was allowed; more than there is.
    yield _pool(
        f'{CEPH}#overfull',
        total_capacity_gb=100.0,
        free_capacity_gb=3.0,
        provisioned_capacity_gb=2100.0,
        max_over_subscription_ratio=20.0,
        thin_provisioning=True,
    )
    yield _pool(
        f'{CEPH}#reserve',
        total_capacity_gb=100.0,
        free_capacity_gb=3.0,
        provisioned_capacity_gb=97.0,
        reserved_percentage=5.0,
    )
    yield _pool(
        f'{CEPH}#nothing',
        total_capacity_gb=0.0,
        free_capacity_gb=0.0,
        provisioned_capacity_gb=1.0,
        thin_provisioning=True,
    )
    # Nothing is known, or all but what is left, or all but how much there is.
    yield _pool(f'{CEPH}#unknown')
    yield _pool(f'{CEPH}#left', total_capacity_gb=10.0)
    yield _pool(f'{CEPH}#endless', free_capacity_gb=10.0)
    yield _pool(
        f'{CEPH}#unknown but thin',
        total_capacity_gb=8.0,
        thin_provisioning=True,
    )
    # Of back ends that take no volumes, and of one that is not known.
    known = {'total_capacity_gb': 77.0, 'free_capacity_gb': 70.0}
    yield _pool(f'{DISABLED}#pool', **known)
    yield _pool(f'{AWAY}#known', **known)
    yield _pool('nobody@knows#pool', **known)
    yield _pool(f'{PREFIX}#pool', **known)


def _type(number: int, name: str, **facts: typing.Any) -> schema.VolumeType:
    return schema.VolumeType(uuid=elements.uuid(number), name=name, **facts)


def _volume(
    number: int, pool: str | None, **facts: typing.Any
) -> schema.Volume:
    return schema.Volume(
        **{
            'uuid': elements.uuid(number),
            'name': f'volume-{number}',
            'status': 'available',
            'size_gb': number - 590,
            'pool': pool,
            'volume_type': 'odd type',
            'project_id': 'blue',
            'bootable': False,
            'attached_to': (),
            'created_at': elements.moment(number % 7),
            'updated_at': elements.moment(number % 5),
            **facts,
        }
    )


def _used(
    number: int, pool: str | None, *by: int, **facts: typing.Any
) -> schema.Volume:
    """Return a volume that servers use, as Cinder says."""
    users = tuple(map(elements.uuid, by))
    return _volume(number, pool, status='in-use', attached_to=users, **facts)


def _volumes() -> collections.abc.Iterator[schema.Element]:
    # Both say the same: of one server, and of two.
    yield _used(601, FAST, 132, bootable=True, project_id='red')
    yield _used(603, FORGOTTEN, 132, 133)
    # Only Nova says it, or only Cinder: of a server that is there, and of
    # one that is gone.
    yield _volume(602, FAST)
    yield _used(604, f'{AWAY}#known', 132, 9999)
    # Nothing of what need not be told is.
    yield _volume(
        605,
        None,
        name='',
        status='creating',
        size_gb=0,
        volume_type=None,
        project_id=None,
        **_NEVER,
    )
    yield _volume(606, None, status='error', volume_type='was deleted')
    yield _volume(607, FAST, status='error_deleting', name='Ünïcode \'"`$')
    yield _used(608, REMOVED, 9999, volume_type='was deleted')
    # A back end of before there were pools.
    yield _volume(609, LEGACY, project_id='red')
    yield _volume(610, f'{PREFIX}#pool')
    yield _volume(611, f'{DISABLED}#gone', status='reserved')
    # On their way: one was, one is, and one failed to get there.
    yield _volume(612, FAST, migration_status='success')
    yield _volume(613, FAST, migration_status='migrating')
    yield _volume(614, FAST, migration_status='error')
    yield _volume(615, FAST, migration_status='')
    yield _volume(616, FAST, status='detaching')
    yield _volume(617, FAST, status='error', migration_status='completing')


def _snapshot(
    number: int, volume: int, **facts: typing.Any
) -> schema.VolumeSnapshot:
    return schema.VolumeSnapshot(
        **{
            'uuid': elements.uuid(number),
            'status': 'available',
            'size_gb': 3,
            'volume_id': elements.uuid(volume),
            'project_id': 'blue',
            'created_at': elements.moment(number),
            **facts,
        }
    )


def _snapshots() -> collections.abc.Iterator[schema.Element]:
    yield _snapshot(801, 602)
    yield _snapshot(802, 602, status='error_deleting')
    yield _snapshot(803, 602, status='error', project_id='red')
    yield _snapshot(804, 603, created_at=None)
    yield _snapshot(805, 9999)

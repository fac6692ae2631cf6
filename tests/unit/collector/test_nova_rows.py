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
import datetime
import typing

import hypothesis
from hypothesis import strategies as st
import pytest

from cdm_graph import exceptions
from cdm_graph.collector import nova_rows
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import elements

_SERVER: typing.Final[dict[str, typing.Any]] = {
    'id': elements.uuid(1),
    'name': 'vm-1',
    'tenant_id': 'red',
    'user_id': 'someone',
    'flavor': {
        'original_name': 'small',
        'vcpus': 2,
        'ram': 2048,
        'disk': 20,
        'ephemeral': 1,
        'swap': 512,
        'extra_specs': {'hw:cpu_policy': 'dedicated'},
    },
    'image': {'id': 'image-1', 'links': []},
    'metadata': {'a': 'b'},
    'tags': ['y', 'x'],
    'locked': True,
    'locked_reason': 'why',
    'created': '2026-11-22T16:00:00Z',
    'updated': '2026-11-22T17:00:00Z',
    'OS-SRV-USG:launched_at': '2026-11-22T16:30:00.000000',
    'OS-EXT-AZ:availability_zone': 'az1',
    'pinned_availability_zone': 'az2',
    'OS-EXT-SRV-ATTR:host': 'host-1',
    'OS-EXT-SRV-ATTR:hypervisor_hostname': 'node-1',
    'OS-EXT-STS:vm_state': 'active',
    'OS-EXT-STS:task_state': None,
    'OS-EXT-STS:power_state': 1,
    'addresses': {
        'private': [
            {
                'addr': '10.0.0.7',
                'version': 4,
                'OS-EXT-IPS:type': 'fixed',
                'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:00:00:02',
            },
            {
                'addr': '192.0.2.7',
                'version': 4,
                'OS-EXT-IPS:type': 'floating',
                'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:00:00:02',
            },
        ],
        'public': [
            {
                'addr': '2001:db8::7',
                'version': 6,
                'OS-EXT-IPS:type': 'fixed',
                'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:00:00:01',
            }
        ],
        'empty': [],
    },
    'os-extended-volumes:volumes_attached': [
        {'id': 'volume-2', 'delete_on_termination': False},
        {'id': 'volume-1', 'delete_on_termination': True},
    ],
}
_HYPERVISOR: typing.Final[dict[str, typing.Any]] = {
    'id': elements.uuid(2),
    'hypervisor_hostname': 'node-1',
    'hypervisor_type': 'QEMU',
    'hypervisor_version': 10_000_000,
    'service': {'host': 'host-1', 'id': 5},
    'state': 'up',
    'status': 'enabled',
    'vcpus': 16,
    'vcpus_used': 3,
    'memory_mb': 4096,
    'memory_mb_used': 1024,
    'local_gb': 100,
    'local_gb_used': 40,
}


def _node(row: nova_rows.Row) -> schema.ComputeNode:
    return nova_rows.compute_node(row, {})


def _with(
    row: dict[str, typing.Any], **facts: typing.Any
) -> dict[str, typing.Any]:
    return {**copy.deepcopy(row), **facts}


def test_a_server_becomes_an_instance() -> None:
    instance = nova_rows.instance(_SERVER)
    attributes = schema.attributes_of(instance)
    for name in ('created_at', 'launched_at', 'updated_at'):
        attributes[name] = attributes[name].isoformat()
    assert attributes == {
        'kind': 'Instance',
        'uuid': elements.uuid(1),
        'name': 'vm-1',
        'vm_state': 'active',
        'task_state': None,
        'power_state': 'running',
        'flavor_name': 'small',
        'vcpus': 2,
        'memory_mb': 2048,
        'disk_gb': 20,
        'ephemeral_gb': 1,
        'swap_mb': 512,
        'extra_specs': {'hw:cpu_policy': 'dedicated'},
        'project_id': 'red',
        'user_id': 'someone',
        'availability_zone': 'az1',
        'pinned_availability_zone': 'az2',
        'host': 'host-1',
        'node': 'node-1',
        'migrating_to': None,
        'locked': True,
        'locked_reason': 'why',
        'metadata': {'a': 'b'},
        'tags': ('x', 'y'),
        'image_id': 'image-1',
        'created_at': '2026-11-22T16:00:00+00:00',
        'launched_at': '2026-11-22T16:30:00+00:00',
        'updated_at': '2026-11-22T17:00:00+00:00',
    }


def test_ports_and_volumes_are_told_each_once_and_sorted() -> None:
    """A port has as many addresses as it likes."""
    instance = nova_rows.instance(_SERVER)
    assert instance.ports == ('fa:16:3e:00:00:01', 'fa:16:3e:00:00:02')
    assert instance.volumes == ('volume-1', 'volume-2')
    # No row tells of shares: that is not the same as having none.
    assert instance.shares is None


@pytest.mark.parametrize('nothing', [None, {}, []])
def test_a_server_may_have_nothing_attached(nothing: object) -> None:
    instance = nova_rows.instance(
        _with(
            _SERVER,
            **{
                'addresses': nothing,
                'os-extended-volumes:volumes_attached': nothing,
            },
        )
    )
    assert (instance.ports, instance.volumes) == ((), ())


def test_shares_are_told_each_once_and_sorted() -> None:
    rows = [
        {'share_id': 'share-2', 'status': 'active', 'tag': 'a'},
        {'share_id': 'share-1', 'status': 'attaching', 'tag': 'b'},
        {'share_id': 'share-2', 'status': 'active', 'tag': 'a'},
    ]
    assert nova_rows.shares(rows) == ('share-1', 'share-2')
    assert nova_rows.shares([]) == ()


@pytest.mark.parametrize(
    ('status', 'deleted'),
    [
        ('DELETED', True),
        ('SOFT_DELETED', False),
        ('ACTIVE', False),
        ('UNKNOWN', False),
        (None, False),
    ],
)
def test_a_deleted_server_is_known_by_its_status(
    status: str | None, deleted: bool
) -> None:
    assert nova_rows.is_deleted({'status': status}) is deleted


@pytest.mark.parametrize(
    ('number', 'word'),
    [
        (0, 'pending'),
        (1, 'running'),
        (3, 'paused'),
        (4, 'shutdown'),
        (6, 'crashed'),
        (7, 'suspended'),
        (99, 'pending'),
        (None, 'pending'),
    ],
)
def test_power_states_are_named_as_in_notifications(
    number: int | None, word: str
) -> None:
    row = _with(_SERVER, **{'OS-EXT-STS:power_state': number})
    assert nova_rows.instance(row).power_state == word


def test_a_server_without_a_place() -> None:
    row = _with(
        _SERVER,
        **{
            'OS-EXT-SRV-ATTR:host': None,
            'OS-EXT-SRV-ATTR:hypervisor_hostname': None,
            'OS-EXT-AZ:availability_zone': '',
            'image': '',
        },
    )
    instance = nova_rows.instance(row)
    assert (
        instance.host,
        instance.node,
        instance.availability_zone,
        instance.image_id,
    ) == (None, None, None, None)


@pytest.mark.parametrize(
    'name',
    sorted(set(_SERVER) - {'id', 'OS-EXT-STS:vm_state'}),
)
def test_what_is_missing_of_a_server_takes_the_default(name: str) -> None:
    row = copy.deepcopy(_SERVER)
    del row[name]
    assert nova_rows.instance(row).uuid == elements.uuid(1)


def test_a_server_of_a_cell_that_is_down_is_not_observed() -> None:
    assert nova_rows.is_observed(_SERVER)
    assert not nova_rows.is_observed({'id': 'x', 'status': 'UNKNOWN'})


def test_a_hypervisor_becomes_a_node_with_what_its_service_says() -> None:
    services = {
        'host-1': {
            'host': 'host-1',
            'state': 'down',
            'status': 'disabled',
            'disabled_reason': 'why',
            'forced_down': True,
        }
    }
    node = nova_rows.compute_node(_HYPERVISOR, services)
    assert node == schema.ComputeNode(
        uuid=elements.uuid(2),
        hostname='node-1',
        service_host='host-1',
        hypervisor_type='QEMU',
        hypervisor_version=10_000_000,
        vcpus=16,
        vcpus_used=3,
        memory_mb=4096,
        memory_mb_used=1024,
        disk_gb=100,
        disk_gb_used=40,
        state='down',
        status='disabled',
        disabled_reason='why',
        forced_down=True,
    )


def test_a_hypervisor_without_a_known_service_says_it_itself() -> None:
    node = nova_rows.compute_node(_with(_HYPERVISOR, state='down'), {})
    assert (node.state, node.status, node.forced_down) == (
        'down',
        'enabled',
        False,
    )


@pytest.mark.parametrize(
    ('status', 'observed'),
    [('enabled', True), ('disabled', True), ('UNKNOWN', False)],
)
def test_a_service_of_a_cell_that_is_down_is_not_observed(
    status: str, observed: bool
) -> None:
    assert nova_rows.is_service_observed({'status': status}) is observed


_MOVE: typing.Final[dict[str, typing.Any]] = {
    'id': 7,
    'uuid': elements.uuid(70),
    'instance_uuid': elements.uuid(1),
    'migration_type': 'live-migration',
    'status': 'running',
    'source_compute': 'host-1',
    'dest_compute': 'host-2',
    'created_at': '2026-11-22T16:00:00.000000',
    'updated_at': '2026-11-22T16:00:09.000000',
}
_MOVED_AT: typing.Final = datetime.datetime(
    2026, 11, 22, 16, 0, 9, tzinfo=datetime.UTC
)


def test_a_move_says_where_its_server_goes() -> None:
    key = schema.ElementKey(schema.Kind.INSTANCE, elements.uuid(1))
    assert nova_rows.moved(_MOVE) == key
    assert nova_rows.migration(_MOVE) == mutation.Hint(
        key=key,
        facts={},
        marks={'migrating_to': 'host-2'},
        sent_at=_MOVED_AT,
    )


@pytest.mark.parametrize(
    ('status', 'under_way'),
    [
        # All words of Nova, of all types of moves.
        ('accepted', True),
        ('queued', True),
        ('preparing', True),
        ('running', True),
        ('pre-migrating', True),
        ('migrating', True),
        ('post-migrating', True),
        ('finished', False),
        ('confirming', False),
        ('confirmed', False),
        ('reverting', False),
        ('reverted', False),
        ('done', False),
        ('completed', False),
        ('cancelled', False),
        ('failed', False),
        ('error', False),
        ('invented', False),
        (None, False),
    ],
)
def test_a_server_goes_nowhere_when_its_move_is_over(
    status: str | None, under_way: bool
) -> None:
    hint = nova_rows.migration(_with(_MOVE, status=status))
    assert hint.marks == {'migrating_to': 'host-2' if under_way else None}


@pytest.mark.parametrize('target', [None, ''])
def test_a_move_without_a_target_yet_goes_nowhere(target: str | None) -> None:
    hint = nova_rows.migration(_with(_MOVE, dest_compute=target))
    assert hint.marks == {'migrating_to': None}


def test_a_move_that_never_changed_is_as_old_as_it_is() -> None:
    hint = nova_rows.migration(_with(_MOVE, updated_at=None))
    assert hint.sent_at == _MOVED_AT - datetime.timedelta(seconds=9)


def test_an_aggregate_has_its_hosts_sorted() -> None:
    row = {
        'id': 7,
        'uuid': elements.uuid(3),
        'name': 'ssd',
        'availability_zone': 'az1',
        'hosts': ['b', 'a'],
        'metadata': {'availability_zone': 'az1'},
    }
    aggregate = nova_rows.host_aggregate(row)
    assert (aggregate.aggregate_id, aggregate.hosts) == (7, ('a', 'b'))
    assert aggregate.availability_zone == 'az1'


def test_a_server_group_has_its_rules_as_text() -> None:
    row = {
        'id': elements.uuid(4),
        'name': 'group',
        'policy': 'anti-affinity',
        'rules': {'max_server_per_host': 3},
        'members': ['b', 'a'],
        'project_id': 'red',
        'user_id': 'someone',
    }
    group = nova_rows.server_group(row)
    assert (group.members, group.rules) == (
        ('a', 'b'),
        {'max_server_per_host': '3'},
    )


@pytest.mark.parametrize('swap', [0, '', None])
def test_a_flavor_without_swap(swap: object) -> None:
    row = {
        'id': '42',
        'name': 'small',
        'vcpus': 1,
        'ram': 512,
        'disk': 1,
        'swap': swap,
        'OS-FLV-EXT-DATA:ephemeral': 3,
        'os-flavor-access:is_public': False,
    }
    flavor = nova_rows.flavor(row)
    assert (flavor.swap_mb, flavor.ephemeral_gb, flavor.is_public) == (
        0,
        3,
        False,
    )
    assert flavor.flavor_id == '42'


@pytest.mark.parametrize(
    ('make', 'row', 'words'),
    [
        (nova_rows.instance, _with(_SERVER, name=5), 'name'),
        (nova_rows.instance, _with(_SERVER, updated='never'), 'updated_at'),
        (nova_rows.instance, _with(_SERVER, id=None), 'uuid'),
        (nova_rows.instance, _with(_SERVER, metadata=['a']), 'metadata'),
        (
            _node,
            _with(_HYPERVISOR, service=None),
            'service_host',
        ),
        (
            _node,
            _with(_HYPERVISOR, vcpus='many'),
            'vcpus',
        ),
        (nova_rows.flavor, {'id': '1', 'name': None}, 'name'),
        (nova_rows.server_group, {'id': None}, 'uuid'),
        (nova_rows.host_aggregate, {'uuid': 'u', 'id': None}, 'aggregate_id'),
    ],
)
def test_what_has_the_wrong_type_is_an_error_that_names_the_row(
    make: typing.Any, row: dict[str, typing.Any], words: str
) -> None:
    with pytest.raises(exceptions.CloudAnswerInvalid, match=words) as caught:
        make(row)
    assert repr(row['id']) in str(caught.value)


def test_the_default_zone_is_that_of_a_host_no_aggregate_places() -> None:
    compute = {'nova-compute': {'available': True}}
    zones = [
        {'zoneName': 'internal', 'hosts': {'c': {'nova-scheduler': {}}}},
        {'zoneName': 'az1', 'hosts': {'a': compute}},
        {'zoneName': 'homeless', 'hosts': {'b': compute}},
        {'zoneName': 'empty', 'hosts': None},
    ]
    placed = [elements.aggregate(1, hosts=('a',), availability_zone='az1')]
    assert nova_rows.default_zone(zones, placed) == 'homeless'
    assert nova_rows.default_zone(zones[:2], placed) is None
    assert nova_rows.default_zone([], []) is None


@hypothesis.given(
    name=st.sampled_from(sorted(_SERVER)),
    value=st.one_of(st.text(), st.integers(), st.floats(), st.booleans()),
)
def test_no_scalar_makes_a_server_fail_otherwise(
    name: str, value: object
) -> None:
    try:
        nova_rows.instance(_with(_SERVER, **{name: value}))
    except exceptions.CloudAnswerInvalid as error:
        assert 'Instance' in str(error)


@pytest.mark.parametrize(
    ('make', 'row'),
    [
        (nova_rows.instance, _with(_SERVER, flavor='small')),
        (nova_rows.instance, _with(_SERVER, image=5)),
        (nova_rows.instance, _with(_SERVER, tags=[1, 'a'])),
        (nova_rows.instance, _with(_SERVER, tags='web')),
        (nova_rows.instance, _with(_SERVER, id=None)),
        (
            nova_rows.instance,
            _with(_SERVER, **{'OS-EXT-STS:power_state': [1]}),
        ),
        (
            nova_rows.instance,
            _with(_SERVER, updated='0001-01-01T00:00:00+14:00'),
        ),
        (nova_rows.instance, _with(_SERVER, addresses=['10.0.0.7'])),
        (nova_rows.instance, _with(_SERVER, addresses={'a': ['10.0.0.7']})),
        (nova_rows.instance, _with(_SERVER, addresses={'a': [{}]})),
        (
            nova_rows.instance,
            _with(_SERVER, addresses={'a': [{'OS-EXT-IPS-MAC:mac_addr': 5}]}),
        ),
        (
            nova_rows.instance,
            _with(_SERVER, **{'os-extended-volumes:volumes_attached': ['a']}),
        ),
        (
            nova_rows.instance,
            _with(_SERVER, **{'os-extended-volumes:volumes_attached': 5}),
        ),
        (nova_rows.migration, _with(_MOVE, dest_compute=5)),
        (nova_rows.migration, _with(_MOVE, status=['running'])),
        (nova_rows.migration, _with(_MOVE, updated_at='yesterday')),
        (
            nova_rows.migration,
            _with(_MOVE, updated_at=None, created_at=None),
        ),
        (_node, _with(_HYPERVISOR, id=None)),
        (_node, _with(_HYPERVISOR, service='nova-compute')),
        (
            nova_rows.host_aggregate,
            {'id': 1, 'uuid': elements.uuid(5), 'hosts': 'host-1'},
        ),
        (
            nova_rows.server_group,
            {'id': elements.uuid(4), 'members': {'host-1': 1}},
        ),
        (nova_rows.server_group, {'id': elements.uuid(4), 'rules': 5}),
    ],
)
def test_whatever_a_row_is_wrong_with_is_an_invalid_answer(
    make: typing.Any, row: typing.Any
) -> None:
    with pytest.raises(exceptions.CloudAnswerInvalid, match='Nova shows a'):
        make(row)


@pytest.mark.parametrize('row', [{}, {'share_id': None}, {'share_id': 5}])
def test_a_share_without_its_key_is_an_invalid_answer(
    row: dict[str, typing.Any],
) -> None:
    with pytest.raises(exceptions.CloudAnswerInvalid):
        nova_rows.shares([row])


def test_a_move_without_its_server_is_an_invalid_answer() -> None:
    with pytest.raises(exceptions.CloudAnswerInvalid):
        nova_rows.migration(
            {'id': 1, 'status': 'running', 'created_at': '2026-01-01T00:00:00'}
        )


def test_a_server_that_is_as_it_is_known_is_what_is_known() -> None:
    known = nova_rows.instance(_SERVER)
    assert nova_rows.instance(copy.deepcopy(_SERVER), known) is known


def test_of_a_server_that_changed_the_rest_is_what_is_known() -> None:
    known = nova_rows.instance(_SERVER)
    row = _with(_SERVER, name='other')
    changed = nova_rows.instance(row, known)
    assert changed == nova_rows.instance(row)
    assert changed.uuid is known.uuid
    assert changed.updated_at is known.updated_at


def test_what_no_row_tells_is_not_told_of_a_known_server() -> None:
    known = schema.replace(
        nova_rows.instance(_SERVER), migrating_to='host-2', shares=('a',)
    )
    told = nova_rows.instance(_SERVER, known)
    assert (told.migrating_to, told.shares) == (None, None)


def test_a_row_of_a_known_server_may_be_wrong_as_well() -> None:
    known = nova_rows.instance(_SERVER)
    with pytest.raises(exceptions.CloudAnswerInvalid, match='metadata'):
        nova_rows.instance(_with(_SERVER, metadata=['x']), known)

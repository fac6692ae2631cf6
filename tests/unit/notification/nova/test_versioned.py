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

"""What each of Nova's notifications means for a model."""

import copy
import typing

import pytest

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification.nova import events
from cdm_graph.notification.nova import versioned
from tests.support import elements
from tests.support import nova
from tests.support import recordings

_AUTHORITY = events.Authority
_KIND = schema.Kind
_OUTCOME = mutation.Outcome
_HERE: typing.Final = elements.node(1)
_THERE: typing.Final = elements.node(2)
_UUID: typing.Final = elements.uuid(3)
_KEY: typing.Final = schema.ElementKey(_KIND.INSTANCE, _UUID)
_SHARE: typing.Final = elements.uuid(50)
_INSTANCE_EVENTS: typing.Final = sorted(
    name for name in events.VERSIONED if name.startswith('instance.')
)
#: What the authorities of events about instances can do to a place.
_PLACING: typing.Final = {
    name
    for name in _INSTANCE_EVENTS
    if events.VERSIONED[name].authority is _AUTHORITY.PLACE
}

Message = dict[str, typing.Any]


def _message(
    event_type: str,
    host: schema.ComputeNode | None = _THERE,
    seconds: int | None = 10,
    publisher: str = 'nova-compute:host-1',
    **facts: typing.Any,
) -> Message:
    """Return an event about the instance, made of a recorded one.

    Its version is that many seconds after that of the row.
    """
    if event_type.startswith('instance.share_'):
        facts.setdefault('share_id', _SHARE)
    message = recordings.versioned('instance.power_on.end')
    data = message['payload']['nova_object.data']
    data.update(
        uuid=_UUID,
        host=host and host.service_host,
        node=host and host.hostname,
        updated_at=None,
        **facts,
    )
    if seconds is not None:
        data['updated_at'] = elements.moment(seconds).isoformat()
    return {**message, 'event_type': event_type, 'publisher_id': publisher}


def _mean(message: Message) -> mutation.Mutation:
    return nova.new_handler().handle(recordings.envelope(message))


def _tell(model: live_model.LiveModel, message: Message) -> mutation.Verdict:
    (verdict,) = model.apply([_mean(message)])
    return verdict


def _model(**facts: typing.Any) -> live_model.LiveModel:
    """Return a model with an instance on one node, and another node."""
    return live_model.LiveModel(
        [_HERE, _THERE, elements.hosted(3, _HERE, **facts)]
    )


def _host(model: live_model.LiveModel) -> str | None:
    return model.get_instance_by_uuid(_UUID).host


# -- all types ---


@pytest.mark.parametrize('name', sorted(events.VERSIONED))
def test_each_versioned_type_has_a_class(name: str) -> None:
    cls = versioned.CLASSES[name]
    assert cls.event_type is events.VERSIONED[name]
    assert cls.__name__.lower() == name.replace('.', '').replace('_', '')
    assert cls.__doc__


def test_classes_have_names_of_their_own() -> None:
    names = {cls.__name__ for cls in versioned.CLASSES.values()}
    assert len(names) == len(events.VERSIONED) == 132


@pytest.mark.parametrize('name', _INSTANCE_EVENTS)
@pytest.mark.parametrize('seconds', [-10, 0, 10])
def test_only_what_has_authority_over_the_place_moves_an_instance(
    name: str, seconds: int
) -> None:
    model = _model()
    verdict = _tell(model, _message(name, seconds=seconds))
    if name == 'instance.delete.end':
        assert model.find(_KIND.INSTANCE, _UUID) is None
    elif name in _PLACING and seconds > 0:
        assert _host(model) == 'host-2'
    else:
        assert _host(model) == 'host-1'
        unrelated = events.VERSIONED[name].authority is _AUTHORITY.NOTHING
        # What contradicts is checked by a read.
        assert verdict.reread == (() if unrelated else (_KEY,))


@pytest.mark.parametrize('name', _INSTANCE_EVENTS)
def test_no_event_brings_a_deleted_instance_back(name: str) -> None:
    """Contract 5, race 4."""
    model = _model()
    model.apply([mutation.Deletion(_KEY)])
    verdict = _tell(model, _message(name))
    assert model.find(_KIND.INSTANCE, _UUID) is None
    assert verdict.reread == ()


@pytest.mark.parametrize('name', _INSTANCE_EVENTS)
def test_an_unknown_instance_is_created_or_read(name: str) -> None:
    """Race 8."""
    model = live_model.LiveModel()
    verdict = _tell(model, _message(name, host=None))
    event_type = events.VERSIONED[name]
    assert (model.find(_KIND.INSTANCE, _UUID) is not None) == (
        event_type.creates
    )
    if event_type.authority is _AUTHORITY.NOTHING:
        assert verdict.outcome is _OUTCOME.IGNORED
    elif not event_type.creates and name != 'instance.delete.end':
        assert verdict.reread == (_KEY,)


@pytest.mark.parametrize('field', ['state', 'flavor', 'tenant_id'])
def test_what_is_cut_short_creates_no_instance(field: str) -> None:
    """Contract 4: it was never in no state, nor without a flavor."""
    model = live_model.LiveModel()
    message = _message('instance.create.start', host=None)
    del _data(message)[field]
    verdict = _tell(model, message)
    assert model.find(_KIND.INSTANCE, _UUID) is None
    assert verdict.reread == (_KEY,)


@pytest.mark.parametrize('name', _INSTANCE_EVENTS)
def test_no_host_is_an_ordinary_value_in_each_event(name: str) -> None:
    """Race 9."""
    verdict = _tell(_model(), _message(name, host=None))
    assert verdict.outcome is not _OUTCOME.FAILED


@pytest.mark.parametrize(
    'name',
    [
        name
        for name, event_type in events.VERSIONED.items()
        if event_type.authority is _AUTHORITY.NOTHING
    ],
)
def test_unrelated_events_are_ignored_whatever_they_hold(name: str) -> None:
    message = _message(name)
    message['payload']['nova_object.data'] = {'uuid': 7}
    verdict = _tell(_model(), message)
    assert verdict.outcome is _OUTCOME.IGNORED


# -- what misleads, with payloads of a real Nova ---


def _recorded(event_type: str, at_least: int = 0) -> list[Message]:
    """Return the recorded versioned messages of a type."""
    found = [
        message
        for message in recordings.messages()
        if message['event_type'] == event_type
        and 'nova_object.data' in message['payload']
    ]
    assert len(found) > at_least
    return found


def _data(message: Message) -> dict[str, typing.Any]:
    data: dict[str, typing.Any] = message['payload']['nova_object.data']
    return data


def _as_recorded(message: Message, **facts: typing.Any) -> schema.Instance:
    """Return the instance of a recorded message, as it says but for facts."""
    data = _data(message)
    return schema.Instance(
        **{
            'uuid': data['uuid'],
            'vm_state': data['state'],
            'task_state': data['task_state'],
            'host': data['host'],
            'node': data['node'],
            'updated_at': data['updated_at'] or data['created_at'],
            **facts,
        }
    )


def test_the_end_of_a_live_migration_at_the_source_does_not_move_back() -> (
    None
):
    """Nova's live_migration_post.end names the source, after the fact."""
    (arrived,) = _recorded('instance.live_migration_post_dest.end')
    (late,) = _recorded('instance.live_migration_post.end')
    source, dest = _data(late)['host'], _data(arrived)['host']
    assert source != dest
    model = live_model.LiveModel([_as_recorded(late)])
    uuid = _data(late)['uuid']
    assert _tell(model, arrived).outcome is _OUTCOME.APPLIED
    assert model.get_instance_by_uuid(uuid).host == dest
    _tell(model, late)
    assert model.get_instance_by_uuid(uuid).host == dest
    assert model.get_instance_by_uuid(uuid).task_state is None


def test_the_order_of_the_two_ends_of_a_live_migration_does_not_matter() -> (
    None
):
    (arrived,) = _recorded('instance.live_migration_post_dest.end')
    (late,) = _recorded('instance.live_migration_post.end')
    model = live_model.LiveModel([_as_recorded(late)])
    _tell(model, late)
    _tell(model, arrived)
    instance = model.get_instance_by_uuid(_data(late)['uuid'])
    assert instance.host == _data(arrived)['host']


@pytest.mark.parametrize('name', ['rebuild.start', 'rebuild.end'])
def test_a_rebuild_is_read_now_and_again_later(name: str) -> None:
    """That of an evacuation names the dead host, before it is saved."""
    model = _model()
    verdict = _tell(
        model,
        _message(
            f'instance.{name}', host=_HERE, publisher='nova-compute:host-2'
        ),
    )
    assert (verdict.reread, verdict.settling) == ((_KEY,), (_KEY,))
    assert _host(model) == 'host-1'


def test_the_end_of_a_resize_at_the_source_names_the_destination() -> None:
    (end,) = _recorded('instance.resize.end')
    publisher = end['publisher_id'].partition(':')[2]
    assert publisher != _data(end)['host']
    model = live_model.LiveModel(
        [_as_recorded(end, host=publisher, node=publisher, updated_at=None)]
    )
    _tell(model, end)
    instance = model.get_instance_by_uuid(_data(end)['uuid'])
    assert instance.host == _data(end)['host']


@pytest.mark.parametrize(
    'name',
    [
        'live_migration_pre.start',
        'live_migration_pre.end',
        'resize_prep.start',
        'resize_prep.end',
    ],
)
def test_the_publisher_of_what_begins_a_migration_is_its_target(
    name: str,
) -> None:
    model = _model(task_state='migrating')
    message = _message(
        f'instance.{name}',
        host=_HERE,
        publisher='nova-compute:host-2',
        task_state='migrating',
    )
    _tell(model, message)
    instance = model.get_instance_by_uuid(_UUID)
    assert (instance.host, instance.migrating_to) == ('host-1', 'host-2')
    assert (_UUID, _THERE.uuid) in model.graph.edges


@pytest.mark.parametrize(
    'name',
    [
        'live_migration_rollback.start',
        'live_migration_rollback.end',
        'live_migration_rollback_dest.start',
        'live_migration_rollback_dest.end',
    ],
)
def test_a_rollback_ends_the_migration_and_moves_nothing(name: str) -> None:
    model = _model(task_state='migrating', migrating_to='host-2')
    _tell(
        model,
        _message(
            f'instance.{name}',
            host=_HERE,
            publisher='nova-compute:host-2',
            task_state='migrating',
        ),
    )
    instance = model.get_instance_by_uuid(_UUID)
    assert (instance.host, instance.migrating_to) == ('host-1', None)


def test_the_publisher_is_no_target_where_nothing_begins() -> None:
    model = _model()
    _tell(
        model,
        _message(
            'instance.live_migration_post_dest.start',
            host=_HERE,
            publisher='nova-compute:host-2',
            task_state='migrating',
        ),
    )
    assert model.get_instance_by_uuid(_UUID).migrating_to is None


def test_offloading_takes_the_instance_off_its_host() -> None:
    (message,) = _recorded('instance.shelve_offload.end')
    assert _data(message)['host'] is None
    node = elements.node(1)
    model = live_model.LiveModel(
        [
            node,
            _as_recorded(
                message,
                host=node.service_host,
                node=node.hostname,
                updated_at=None,
            ),
        ]
    )
    _tell(model, message)
    assert model.get_node_instances(node) == ()
    assert model.get_node_used_resources(node) == schema.Resources()
    uuid = _data(message)['uuid']
    assert model.get_instance_by_uuid(uuid).vm_state == 'shelved_offloaded'


def test_a_soft_deleted_instance_stays_on_its_host() -> None:
    model = _model()
    _tell(
        model,
        _message('instance.soft_delete.end', host=_HERE, state='soft-delete'),
    )
    assert model.get_instance_by_uuid(_UUID).vm_state == 'soft-delete'
    assert len(model.get_node_instances(_HERE)) == 1


def test_a_shutdown_is_part_of_a_deletion_and_creates_nothing() -> None:
    """Race 4: it may come after the deletion, or with nothing known."""
    model = live_model.LiveModel()
    for message in _recorded('instance.shutdown.end'):
        assert _data(message)['state'] != 'deleted'
        _tell(model, message)
    assert len(model) == 0


@pytest.mark.parametrize(
    'publisher', ['nova-compute:host-1', 'nova-api:controller']
)
def test_a_deletion_counts_whoever_announces_it(publisher: str) -> None:
    model = _model()
    message = _message('instance.delete.end', publisher=publisher, host=None)
    assert _tell(model, message).outcome is _OUTCOME.APPLIED
    assert model.get_all_instances() == {}
    assert _tell(model, message).outcome is _OUTCOME.DUPLICATE


def test_an_update_to_deleted_is_told_before_it_is_done() -> None:
    model = _model()
    verdict = _tell(model, _message('instance.update', state='deleted'))
    assert (verdict.reread, verdict.settling) == ((_KEY,), (_KEY,))
    assert model.get_instance_by_uuid(_UUID).vm_state == 'active'


def test_an_update_is_always_read_since_its_version_lags() -> None:
    for seconds in (-5, 0, 5):
        verdict = _tell(_model(), _message('instance.update', seconds=seconds))
        assert verdict.reread == (_KEY,)


def test_a_creation_is_whole() -> None:
    (message,) = _recorded('instance.create.end')[:1]
    model = live_model.LiveModel()
    assert _tell(model, message).outcome is _OUTCOME.APPLIED
    data = _data(message)
    instance = model.get_instance_by_uuid(data['uuid'])
    flavor = data['flavor']['nova_object.data']
    assert (
        instance.name,
        instance.host,
        instance.node,
        instance.vcpus,
        instance.memory_mb,
        instance.disk_gb,
        instance.flavor_name,
        instance.project_id,
        instance.power_state,
    ) == (
        data['display_name'],
        data['host'],
        data['node'],
        flavor['vcpus'],
        flavor['memory_mb'],
        flavor['root_gb'],
        flavor['name'],
        data['tenant_id'],
        data['power_state'],
    )


def test_a_reschedule_announces_the_start_again() -> None:
    """Race 10."""
    model = live_model.LiveModel()
    start = _message('instance.create.start', host=None, state='building')
    for _ in range(2):
        _tell(model, copy.deepcopy(start))
    _tell(model, _message('instance.create.end', seconds=20, state='active'))
    assert _host(model) == 'host-2'


def test_fields_that_are_missing_are_left_alone() -> None:
    model = _model(metadata={'a': 'b'}, tags=('x',), image_id='image')
    message = _message('instance.power_off.end', state='stopped')
    for field in ('metadata', 'tags', 'image_uuid', 'flavor', 'host', 'node'):
        _data(message).pop(field, None)
    _tell(model, message)
    instance = model.get_instance_by_uuid(_UUID)
    assert (instance.vm_state, instance.metadata, instance.tags) == (
        'stopped',
        {'a': 'b'},
        ('x',),
    )
    assert (instance.vcpus, instance.image_id) == (2, 'image')


def test_no_image_is_a_boot_from_a_volume() -> None:
    model = _model()
    _tell(model, _message('instance.power_off.end', image_uuid=''))
    assert model.get_instance_by_uuid(_UUID).resources.disk_gb == 0


def test_tags_are_kept_sorted() -> None:
    model = live_model.LiveModel()
    _tell(model, _message('instance.create.end', tags=['b', 'a']))
    assert model.get_instance_by_uuid(_UUID).tags == ('a', 'b')


@pytest.mark.parametrize(
    ('facts', 'known'),
    [
        ({'display_name': 'old'}, {'name': 'new'}),
        ({'locked': False}, {'locked': True}),
        ({'locked_reason': None}, {'locked_reason': 'why'}),
        ({'metadata': {}}, {'metadata': {'a': 'b'}}),
        ({'tags': []}, {'tags': ('a',)}),
        ({'availability_zone': 'az1'}, {'availability_zone': 'az2'}),
    ],
)
@pytest.mark.parametrize(
    'name', ['instance.live_migration_post_dest.end', 'instance.reboot.end']
)
def test_what_an_owner_changed_meanwhile_is_not_taken_back(
    name: str, facts: dict[str, typing.Any], known: dict[str, typing.Any]
) -> None:
    """A service announces its end with the row as it was when it began."""
    model = _model(**known)
    verdict = _tell(model, _message(name, **facts))
    instance = model.get_instance_by_uuid(_UUID)
    assert {field: getattr(instance, field) for field in known} == known
    assert verdict.outcome is _OUTCOME.APPLIED
    assert verdict.reread == (_KEY,)


def test_an_instance_that_was_never_saved_is_as_old_as_itself() -> None:
    model = live_model.LiveModel()
    message = _message('instance.create.start', host=None, seconds=None)
    _data(message)['created_at'] = elements.moment(7).isoformat()
    _tell(model, message)
    assert model.get_instance_by_uuid(_UUID).updated_at == elements.moment(7)


@pytest.mark.parametrize(
    'name',
    [
        'compute_task.build_instances.error',
        'compute_task.migrate_server.error',
        'compute_task.rebuild_server.error',
    ],
)
def test_the_instance_of_a_failed_task_is_read(name: str) -> None:
    message = _message(name)
    message['payload']['nova_object.data'] = {'instance_uuid': _UUID}
    assert _tell(_model(), message).reread == (_KEY,)


# -- services ---


def _service(event: str, **facts: typing.Any) -> Message:
    message = recordings.versioned('service.update')
    data = _data(message)
    data.update(
        {
            'host': 'host-1',
            'binary': 'nova-compute',
            'disabled': False,
            'disabled_reason': None,
            'forced_down': False,
            **facts,
        }
    )
    return {**message, 'event_type': f'service.{event}'}


_EVERY_NODE: typing.Final = schema.ElementKey(_KIND.COMPUTE_NODE, schema.EVERY)


def test_a_disabled_service_disables_its_node() -> None:
    model = _model()
    verdict = _tell(
        model, _service('update', disabled=True, disabled_reason='why')
    )
    node = model.get_node_by_uuid(_HERE.uuid)
    assert (node.status, node.disabled_reason) == ('disabled', 'why')
    assert verdict.reread == (_EVERY_NODE,)
    assert model.get_node_by_uuid(_THERE.uuid).status == 'enabled'


def test_a_service_that_is_forced_down_is_down() -> None:
    model = _model()
    _tell(model, _service('update', forced_down=True))
    node = model.get_node_by_uuid(_HERE.uuid)
    assert (node.forced_down, node.state) == (True, 'down')


@pytest.mark.parametrize('event', ['create', 'update', 'delete'])
@pytest.mark.parametrize(
    'binary', ['nova-conductor', 'nova-scheduler', 'nova-api']
)
def test_other_services_on_a_compute_host_change_no_node(
    event: str, binary: str
) -> None:
    model = _model()
    verdict = _tell(model, _service(event, binary=binary, disabled=True))
    assert verdict.outcome is _OUTCOME.IGNORED
    assert model.get_node_by_uuid(_HERE.uuid) == _HERE


def test_a_new_service_has_the_nodes_read_until_its_node_is_there() -> None:
    verdict = _tell(_model(), _service('create'))
    assert verdict.reread == verdict.settling == (_EVERY_NODE,)


def test_only_a_read_tells_what_is_left_of_a_deleted_service() -> None:
    """Contract 1, race 15: its host may be back with the same nodes."""
    model = _model()
    verdict = _tell(model, _service('delete'))
    assert (verdict.outcome, verdict.reread) == (
        _OUTCOME.DEFERRED,
        (_EVERY_NODE,),
    )
    assert len(model.get_all_compute_nodes()) == 2


# -- groups, aggregates, flavors ---


def _aggregate(event: str, **facts: typing.Any) -> Message:
    message = recordings.versioned('aggregate.add_host.end')
    _data(message).update({'uuid': elements.uuid(5), **facts})
    return {**message, 'event_type': f'aggregate.{event}'}


_AGGREGATE_KEY: typing.Final = schema.ElementKey(
    _KIND.HOST_AGGREGATE, elements.uuid(5)
)


@pytest.mark.parametrize(
    'event',
    [
        'create.end',
        'add_host.end',
        'remove_host.end',
        'update_prop.end',
        'update_metadata.end',
    ],
)
def test_an_aggregate_is_what_its_last_event_says(event: str) -> None:
    model = live_model.LiveModel(
        [_HERE, elements.aggregate(5, hosts=('host-2',)), _THERE]
    )
    verdict = _tell(
        model,
        _aggregate(
            event,
            name='renamed',
            hosts=['host-1'],
            metadata={'availability_zone': 'az1', 'ssd': 'true'},
        ),
    )
    aggregate = model.get(*_AGGREGATE_KEY)
    assert isinstance(aggregate, schema.HostAggregate)
    assert (aggregate.name, aggregate.availability_zone) == ('renamed', 'az1')
    assert aggregate.metadata['ssd'] == 'true'
    assert (_HERE.uuid, 'zone/az1') in model.graph.edges
    assert (_THERE.uuid, aggregate.uuid) not in model.graph.edges
    assert verdict.reread == (_AGGREGATE_KEY,)


def test_a_deleted_aggregate_takes_its_zone_along() -> None:
    model = live_model.LiveModel(
        [
            _HERE,
            elements.aggregate(5, hosts=('host-1',), availability_zone='az1'),
        ]
    )
    _tell(model, _aggregate('delete.end'))
    assert set(model.get_all(_KIND.AVAILABILITY_ZONE)) == {'zone/nova'}
    verdict = _tell(model, _aggregate('add_host.end', hosts=['host-1']))
    assert verdict.outcome is _OUTCOME.STALE


def _group(event: str, **facts: typing.Any) -> Message:
    message = recordings.versioned('server_group.create')
    _data(message).update({'uuid': elements.uuid(6), **facts})
    return {**message, 'event_type': f'server_group.{event}'}


def test_a_server_group_has_the_members_that_are_told() -> None:
    model = _model()
    first = _group('create', policy='affinity', members=[])
    second = _group('add_member', policy='affinity', members=[_UUID])
    second['timestamp'] = first['timestamp'].replace('2026', '2027')
    _tell(model, first)
    _tell(model, second)
    assert (_UUID, elements.uuid(6)) in model.graph.edges
    group = model.get(_KIND.SERVER_GROUP, elements.uuid(6))
    assert isinstance(group, schema.ServerGroup)
    assert group.policy == 'affinity'
    _tell(model, _group('delete'))
    assert model.find(_KIND.SERVER_GROUP, elements.uuid(6)) is None


@pytest.mark.parametrize('event', ['create', 'update', 'delete'])
def test_flavors_are_read_and_servers_keep_their_copies(event: str) -> None:
    message = recordings.versioned('flavor.create')
    verdict = _tell(_model(), {**message, 'event_type': f'flavor.{event}'})
    assert verdict.reread == (schema.ElementKey(_KIND.FLAVOR, schema.EVERY),)


def test_all_that_was_recorded_is_understood() -> None:
    model = live_model.LiveModel()
    for message in recordings.messages():
        verdict = _tell(model, message)
        assert verdict.outcome is not _OUTCOME.FAILED, message['event_type']


# -- what is not Nova's ---


@pytest.mark.parametrize(
    ('event', 'field'),
    [
        ('aggregate.add_host.end', 'hosts'),
        ('server_group.create', 'members'),
        ('instance.power_on.end', 'tags'),
    ],
)
@pytest.mark.parametrize('value', ['host-1', {'host-1': 1}, 5])
def test_what_is_no_list_is_malformed(
    event: str, field: str, value: object
) -> None:
    message = recordings.versioned(event)
    _data(message)[field] = value
    assert isinstance(_mean(message), mutation.Failure)


@pytest.mark.parametrize('event', _INSTANCE_EVENTS)
@pytest.mark.parametrize('uuid', ['zone/nova', 'detail', '.', '\ud800', ''])
def test_what_is_no_uuid_touches_nothing(event: str, uuid: str) -> None:
    """A read of servers/detail is a list, and would be tried for ever."""
    model = _model()
    before = model.sequence
    message = _message(event)
    _data(message)['uuid'] = uuid
    verdict = _tell(model, message)
    assert verdict.reread == ()
    assert model.sequence == before


def test_a_time_before_time_is_malformed() -> None:
    message = _message('instance.power_on.end')
    _data(message)['updated_at'] = '0001-01-01T00:00:00+14:00'
    assert isinstance(_mean(message), mutation.Failure)


# -- what events mislead about ---


def test_the_recorded_start_of_a_live_migration_shows_its_target() -> None:
    """The row was saved at :17; the event shows the version before, :11."""
    message = recordings.versioned('instance.live_migration_pre.start')
    data = _data(message)
    model = live_model.LiveModel(
        [
            elements.instance(
                1,
                uuid=data['uuid'],
                host=data['host'],
                node=data['node'],
                task_state='migrating',
                updated_at='2026-11-22T16:15:17Z',
            )
        ]
    )
    _tell(model, message)
    assert model.get_instance_by_uuid(data['uuid']).migrating_to == 'compute1'


def test_the_begin_of_a_creation_puts_an_instance_nowhere() -> None:
    message = _message('instance.create.start', display_name='new')
    _data(message)['uuid'] = elements.uuid(77)
    model = _model()
    _tell(model, message)
    created = model.get_instance_by_uuid(elements.uuid(77))
    assert (created.name, created.host, created.node) == ('new', None, None)


def test_an_old_event_of_a_group_is_checked_by_a_read() -> None:
    """Contract 1, races 2, 3."""
    group = elements.group(4, members=(_UUID,))
    model = live_model.LiveModel([group])
    message = recordings.versioned('server_group.add_member')
    _data(message).update(uuid=group.uuid, members=[])
    assert _tell(model, message).reread == (schema.key_of(group),)


# -- what is attached ---


def _share(event: str, seconds: float) -> Message:
    message = _message(f'instance.share_{event}.end', share_id=_SHARE)
    message['timestamp'] = elements.moment(seconds).isoformat()
    return message


def _shares(model: live_model.LiveModel) -> tuple[str, ...] | None:
    return model.get_instance_by_uuid(_UUID).shares


def test_a_share_comes_and_goes_in_the_order_of_its_events() -> None:
    """Races 3, 5."""
    model = _model()
    attached = _share('attach', 1)
    assert _tell(model, attached).outcome is _OUTCOME.APPLIED
    assert _shares(model) == (_SHARE,)
    assert model.find(_KIND.SHARE, _SHARE) is not None
    _tell(model, _share('detach', 2))
    late = _tell(model, attached)
    assert (late.outcome, late.reread) == (_OUTCOME.DEFERRED, (_KEY,))
    assert _shares(model) == ()
    assert model.find(_KIND.SHARE, _SHARE) is None


def test_what_a_share_is_attached_to_is_read_if_it_is_unknown() -> None:
    """Race 8."""
    model = live_model.LiveModel()
    for event in ('attach', 'detach'):
        verdict = _tell(model, _share(event, 1))
        assert verdict.outcome is _OUTCOME.DEFERRED
        assert verdict.reread == (_KEY,)
    assert len(model) == 0


def test_a_share_that_is_told_twice_is_there_once() -> None:
    """Race 5."""
    model = _model(shares=(_SHARE,))
    for _ in range(2):
        verdict = _tell(model, _share('attach', 1))
        assert (verdict.outcome, verdict.reread) == (
            _OUTCOME.DEFERRED,
            (_KEY,),
        )
    assert _shares(model) == (_SHARE,)


def test_other_shares_of_a_server_stay() -> None:
    other = elements.uuid(51)
    model = _model(shares=(other,))
    _tell(model, _share('attach', 1))
    assert _shares(model) == (_SHARE, other)
    _tell(model, _share('detach', 2))
    assert _shares(model) == (other,)


@pytest.mark.parametrize('share', [None, '', 5, 'no uuid', 'zone/nova'])
def test_a_share_that_is_not_named_has_its_server_read(share: object) -> None:
    message = _message('instance.share_attach.end', share_id=share)
    verdict = _tell(_model(), message)
    assert verdict.outcome is _OUTCOME.FAILED
    assert verdict.reread == (_KEY,)


@pytest.mark.parametrize(
    'event',
    ['interface_attach', 'interface_detach', 'volume_attach', 'volume_swap'],
)
def test_what_is_attached_is_told_by_a_read(event: str) -> None:
    message = _message(f'instance.{event}.end')
    assert _tell(_model(), message).reread == (_KEY,)


def test_other_attachments_than_known_are_checked_by_a_read() -> None:
    message = _message(
        'instance.power_on.end',
        seconds=10,
        host=_HERE,
        ip_addresses=[
            {'nova_object.data': {'mac': 'fa:16:3e:00:00:01'}},
            {'nova_object.data': {'mac': 'fa:16:3e:00:00:01'}},
        ],
        block_devices=[
            {'nova_object.data': {'volume_id': elements.uuid(60)}},
            {'nova_object.data': {'volume_id': None}},
        ],
    )
    model = _model()
    assert _tell(model, message).reread == (_KEY,)
    assert model.get_instance_by_uuid(_UUID).ports == ()
    _data(message).update(uuid=elements.uuid(70))
    message['event_type'] = 'instance.create.end'
    _tell(model, message)
    created = model.get_instance_by_uuid(elements.uuid(70))
    assert created.ports == ('fa:16:3e:00:00:01',)
    assert created.volumes == (elements.uuid(60),)

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

import hypothesis
from hypothesis import strategies

from cdm_graph.export import formats
from cdm_graph.model import change
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import reference
from cdm_graph.model import schema
from cdm_graph.model import scope
from tests.support import elements

_NODE = elements.node(1, hostname='alpha', service_host='alpha-host')
_OTHER = elements.node(2, hostname='beta', service_host='beta-host')
_MINE = elements.hosted(
    11,
    _NODE,
    name='mine',
    project_id='red',
    flavor_name='small',
    migrating_to='beta-host',
    ports=('fa:16:3e:00:00:01',),
    volumes=(elements.uuid(41),),
)
_THEIRS = elements.hosted(
    12, _NODE, name='theirs', project_id='blue', flavor_name='large'
)
_GROUP = elements.group(
    21, project_id='red', members=(_MINE.uuid,), policy='affinity'
)
_CLOUD = (
    *(_NODE, _OTHER, _MINE, _THEIRS, _GROUP),
    elements.group(22, project_id='blue', members=(_THEIRS.uuid,)),
    elements.aggregate(31, hosts=('alpha-host',), name='secret'),
    *(elements.flavor('small'), elements.flavor('large')),
    *(
        schema.StorageNode(host='secret-box@one'),
        schema.StoragePool(
            name='secret-box@one#a', storage_node='secret-box@one'
        ),
        schema.VolumeType(
            uuid=elements.uuid(61), name='fast', extra_specs={'at': 'secret'}
        ),
        schema.VolumeType(uuid=elements.uuid(62), name='slow'),
    ),
    *(
        schema.Volume(
            uuid=elements.uuid(number),
            name=f'disk of {project}',
            project_id=project,
            pool='secret-box@one#a',
            volume_type=type_,
            migration_status='target:secret',
        )
        for number, project, type_ in (
            (41, 'red', 'fast'),
            (42, 'blue', 'slow'),
        )
    ),
    schema.VolumeSnapshot(
        uuid=elements.uuid(71), volume_id=elements.uuid(41), project_id='red'
    ),
)
_RED = scope.ProjectScope('red')


def _model() -> live_model.LiveModel:
    model = live_model.LiveModel(_CLOUD)
    model.mark_synchronized(7.0)
    return model


def test_the_whole_cloud_is_the_snapshot_itself() -> None:
    taken = _model().snapshot()
    assert scope.WholeCloud().view(taken) is taken


def test_a_project_sees_what_is_its_own() -> None:
    view = _RED.view(_model().snapshot(read_only=True))
    assert {
        kind: count for kind, count in view.count_elements().items() if count
    } == {
        'Instance': 1,
        'ServerGroup': 1,
        'Flavor': 1,
        'Project': 1,
        'Port': 1,
        'Volume': 1,
        'VolumeType': 1,
        'VolumeSnapshot': 1,
    }
    volume = view.get(schema.Kind.VOLUME, elements.uuid(41))
    assert {each.value for each in view.targets(volume).values()} == {
        *('ATTACHED_TO', 'OWNED_BY', 'OF_TYPE'),
    }
    mine = view.get_instance_by_uuid(_MINE.uuid)
    assert mine.name == 'mine'
    assert {each.value for each in view.targets(mine).values()} == {
        *('MEMBER_OF', 'OWNED_BY', 'OF_FLAVOR'),
    }
    assert reference.find_all(view, 'small')
    assert not reference.find_all(view, 'large')


def test_nothing_tells_a_project_where_its_servers_run() -> None:
    view = _RED.view(_model().snapshot(read_only=True))
    for name in formats.FORMATS:
        text = ''.join(formats.chunks(name, view))
        assert 'mine' in text
        for secret in ('alpha', 'beta', 'theirs', 'blue', 'secret'):
            assert secret not in text, name


def test_a_view_is_as_fresh_as_the_whole() -> None:
    taken = _model().snapshot(read_only=True)
    view = _RED.view(taken)
    assert view.sequence == taken.sequence
    assert view.freshness == taken.freshness
    assert view.synchronized_at == 7.0


def test_a_project_that_nothing_is_of_sees_nothing() -> None:
    view = scope.ProjectScope('green').view(_model().snapshot())
    assert len(view) == 0


def test_the_model_stays_as_it_was() -> None:
    model = _model()
    taken = model.snapshot()
    _RED.view(taken)
    assert taken.get_instance_by_uuid(_MINE.uuid).host == 'alpha-host'
    assert len(taken) == len(model)


def _changes(*puts: schema.Element) -> list[change.Change]:
    model = _model()
    seen: list[change.Change] = []
    model.subscribe(seen.extend)
    model.apply(list(map(mutation.Put, puts)), change.Cause('event', 'req-1'))
    return seen


def _shown(*puts: schema.Element) -> list[change.Change]:
    shown = map(_RED.show, _changes(*puts))
    return [each for each in shown if each is not None]


def test_a_project_is_shown_what_becomes_of_its_servers() -> None:
    [shown] = _shown(schema.replace(_MINE, vm_state='stopped'))
    assert isinstance(shown.before, schema.Instance)
    assert isinstance(shown.after, schema.Instance)
    assert (shown.before.vm_state, shown.after.vm_state) == (
        *('active', 'stopped'),
    )
    assert shown.before.host is shown.after.node is None
    assert shown.cause == ('event', 'req-1')


def test_a_move_is_not_shown_but_what_comes_with_it() -> None:
    moved = schema.replace(
        _MINE, host='beta-host', node='beta', migrating_to=None
    )
    assert _shown(moved) == []
    [shown] = _shown(schema.replace(moved, task_state='migrating'))
    assert not shown.related
    assert not shown.unrelated


def test_others_and_hosts_are_not_shown() -> None:
    assert not _shown(
        schema.replace(_THEIRS, vm_state='stopped'),
        schema.replace(_NODE, status='disabled'),
        elements.flavor('small', vcpus=7),
    )


def test_the_whole_cloud_is_shown_all() -> None:
    several = _changes(schema.replace(_NODE, status='disabled'))
    assert [scope.WholeCloud().show(each) for each in several] == several


_HOSTS: typing.Final = strategies.sampled_from(
    [None, _NODE.service_host, _OTHER.service_host]
)
_SERVERS: typing.Final = strategies.builds(
    elements.instance,
    strategies.integers(10, 13),
    project_id=strategies.sampled_from(['red', 'blue', None]),
    host=_HOSTS,
    node=strategies.sampled_from([None, 'alpha', 'beta']),
    migrating_to=_HOSTS,
    vm_state=strategies.sampled_from(['active', 'stopped']),
)


@hypothesis.given(strategies.lists(_SERVERS, max_size=8))
def test_the_changes_shown_lead_from_one_view_to_the_next(
    puts: list[schema.Instance],
) -> None:
    model = _model()
    known = _servers(_RED.view(model.snapshot()))

    def follow(changes: typing.Sequence[change.Change]) -> None:
        for each in filter(None, map(_RED.show, changes)):
            if each.key.kind is schema.Kind.INSTANCE:
                assert known.get(each.key.key) == each.before
                known[each.key.key] = each.after

    model.subscribe(follow)
    model.apply(list(map(mutation.Put, puts)))
    after = _servers(_RED.view(model.snapshot()))
    assert {key: each for key, each in known.items() if each} == after


def _servers(
    view: typing.Any,
) -> dict[str, schema.Element | None]:
    return dict(view.get_all_instances())

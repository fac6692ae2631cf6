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

"""Nova's collector, against a simulated Nova."""

import collections.abc
import datetime
import itertools
import time
import typing

import pytest

from cdm_graph import backoff
from cdm_graph import clock as real_clocks
from cdm_graph import exceptions
from cdm_graph.cmd import comparison
from cdm_graph.collector import loadable
from cdm_graph.collector import nova as nova_collectors
from cdm_graph.collector import reconcile
from cdm_graph.collector import rest_client
from cdm_graph.model import freshness
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from cdm_graph.notification.nova import handler
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import operations
from cdm_graph.simulation.nova import truth as nova_truth
from tests.support import clock as clocks
from tests.support import nova

_KIND = schema.Kind
_PATIENCE = 20.0
_Make = collections.abc.Callable[..., typing.Any]


@pytest.fixture
def source(
    cloud: cloud_module.SimulatedCloud, clock: clocks.FakeClock
) -> nova.InProcessSource:
    return nova.source(nova.InProcessNova(cloud, page_size=4), clock)


@pytest.fixture
def collector(
    serve: _Make, configure: _Make
) -> collections.abc.Iterator[nova_collectors.NovaClusterModelCollector]:
    made = nova_collectors.NovaClusterModelCollector(
        loadable.Surroundings(
            configure(serve()),
            real_clocks.SystemClock(),
            accounting.Accounting(),
        )
    )
    yield made
    current = nova_collectors.NovaClusterModelCollector
    if made is current._instances.get(current):
        made.stop()


def _fill(collector: nova_collectors.NovaClusterModelCollector) -> None:
    ticket = collector.request_synchronize('a test')
    assert collector.wait_for_synchronize(ticket, _PATIENCE)


def _list(source: nova.InProcessSource) -> reconcile.Listing:
    staged: dict[str, schema.Element] = {}
    coverage = source.list_all(reconcile.stage_into(staged, source._model))
    return reconcile.Listing(staged, coverage)


# -- what it reads ---


def test_a_list_is_a_model_of_the_cloud(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    """Contract 2."""
    model = source.synchronize()
    assert comparison.differences(model, nova_truth.truth(cloud)) == []
    listing = _list(source)
    assert live_model.LiveModel(listing.elements.values()).graph.nodes == (
        model.graph.nodes
    )
    coverage = listing.coverage
    assert not any(map(coverage.is_hidden, model.elements()))
    assert (coverage.partial, coverage.unsure) == ((), ())


def test_servers_are_staged_page_by_page(
    source: nova.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their rows are never held together."""
    pages: list[str] = []
    ask = source._nova._ask

    def count(path: str, *arguments: typing.Any) -> typing.Any:
        if path.startswith('/servers/detail'):
            pages.append(path)
        return ask(path, *arguments)

    monkeypatch.setattr(source._nova, '_ask', count)
    staged: list[tuple[schema.Element, int]] = []
    source.list_all(lambda element: staged.append((element, len(pages))))
    asked = [
        number for element, number in staged if element.kind is _KIND.INSTANCE
    ]
    assert len(asked) == 23
    assert asked == [1 + number // 4 for number in range(23)]
    # What there are few of comes first.
    assert [number for _, number in staged] == sorted(
        number for _, number in staged
    )


def test_a_list_that_fails_in_the_middle_is_no_list(
    source: nova.InProcessSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = source._nova._ask

    def fail(path: str, *arguments: typing.Any) -> typing.Any:
        if 'marker' in path:
            raise rest_client.HttpError(403)
        return ask(path, *arguments)

    monkeypatch.setattr(source._nova, '_ask', fail)
    with pytest.raises(exceptions.AccessDenied):
        _list(source)


def test_servers_with_shares_are_shown_by_no_list_as_a_whole(
    source: nova.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    row, share = _with_a_share(cloud, clock)
    key = schema.ElementKey(_KIND.INSTANCE, row)
    # A server that nobody knows may have some.
    assert _list(source).coverage.unsure == ()
    (element,) = source.read(key).elements
    assert isinstance(element, schema.Instance)
    assert element.shares == (share,)
    source._model.apply(map(mutation.Put, source.synchronize().elements()))
    # Whoever knows of no share asks for none.
    assert _list(source).coverage.unsure == ()
    (element,) = source.read(key).elements
    assert isinstance(element, schema.Instance)
    assert element.shares is None
    known = schema.replace(element, shares=('another',))
    source._model.apply([mutation.Put(known)])
    listing = _list(source)
    assert listing.coverage.unsure == (key,)
    listed = listing.elements[key.vertex]
    assert isinstance(listed, schema.Instance)
    assert listed.shares is None
    (element,) = source.read(key).elements
    assert isinstance(element, schema.Instance)
    assert element.shares == (share,)


def test_a_nova_that_does_not_tell_of_shares_takes_none_away(
    source: nova.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uuid, share = _with_a_share(cloud, clock)
    key = schema.ElementKey(_KIND.INSTANCE, uuid)
    (element,) = source.read(key).elements
    source._model.apply(
        [mutation.Put(schema.replace(element, shares=(share,)))]
    )
    monkeypatch.setattr(source._nova, 'shares', lambda _uuid: None)
    fence = source._model.fence()
    source._model.apply(
        reconcile.read_mutations(source._model, source.read(key), fence)
    )
    assert source._model.get_instance_by_uuid(uuid).shares == (share,)


def _with_a_share(
    cloud: cloud_module.SimulatedCloud, clock: clocks.FakeClock
) -> tuple[str, str]:
    """Attach a share to a server; return the UUIDs of both."""
    row = next(row for row in cloud.servers if row.vm_state == 'active')
    does = operations.Operations(cloud)
    nova.run(clock, does.power_off(row.uuid))
    nova.run(clock, does.attach_share(row.uuid))
    return row.uuid, cloud.server(row.uuid).shares[0].uuid


def test_servers_of_a_cell_that_is_down_are_unobserved(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    """Race 14."""
    host = next(host for host in cloud.nodes if cloud.servers.on_host(host))
    hidden = {row.uuid for row in cloud.servers.on_host(host)}
    known = source.synchronize()
    source._model.apply([mutation.Put(each) for each in known.elements()])
    source._nova.faults.cell_down([host])
    listing = _list(source)
    assert {
        schema.key_of(element).key
        for element in known.elements()
        if listing.coverage.is_hidden(element)
        and element.kind is _KIND.INSTANCE
    } == hidden
    assert listing.coverage.partial[:2] == (
        f'{len(hidden)} servers are in cells that are down',
        '1 hosts are in cells that are down',
    )
    assert not hidden & set(listing.elements)
    assert source.describe()['unobserved_servers'] == len(hidden)
    key = schema.ElementKey(_KIND.INSTANCE, min(hidden))
    with pytest.raises(exceptions.ElementUnobservable, match='cell'):
        source.read(key)


def test_nodes_that_cannot_be_listed_are_as_their_services_tell(
    source: nova.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    """Race 14: a cell that is down lets Nova list no nodes at all."""
    source._model.apply(
        [mutation.Put(each) for each in source.synchronize().elements()]
    )
    first, other, *_ = cloud.nodes
    source._nova.faults.cell_down([first])
    does = operations.Operations(cloud)
    nova.run(clock, does.disable_service(other, 'repair'))
    for reading in (
        source.read(schema.ElementKey(_KIND.COMPUTE_NODE, schema.EVERY)),
        source.poll(_since(clock.time())),
    ):
        nodes = {
            each.service_host: each
            for each in reading.elements
            if isinstance(each, schema.ComputeNode)
        }
        assert nodes.keys() == cloud.nodes.keys() - {first}
        assert nodes[other].status == 'disabled'
        assert nodes[other].disabled_reason == 'repair'
        known = source._model.get_node_by_name(cloud.nodes[first].hostname)
        assert reading.is_hidden(known)
    nova.run(clock, does.enable_service(other))
    (again,) = (
        each
        for each in _list(source).elements.values()
        if isinstance(each, schema.ComputeNode) and each.service_host == other
    )
    assert (again.status, again.disabled_reason) == ('enabled', None)


def test_groups_that_cannot_be_listed_are_kept(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    """Race 14."""
    host = next(
        member.host
        for group in cloud.groups.values()
        for member in map(cloud.servers.find, group.members)
        if member is not None and member.host is not None
    )
    group = next(
        each
        for each in source.synchronize().elements()
        if each.kind is _KIND.SERVER_GROUP
    )
    source._nova.faults.cell_down([host])
    listing = _list(source)
    assert listing.coverage.is_hidden(group)
    assert listing.coverage.partial[-1] == (
        'not all server groups can be listed while a cell is down'
    )
    every = schema.ElementKey(_KIND.SERVER_GROUP, schema.EVERY)
    assert source.read(every).is_hidden(group)
    with pytest.raises(
        exceptions.CloudUnavailable, match='Unexpected API Error'
    ):
        source.read(schema.key_of(group))


def test_one_instance_is_read_or_absent(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    row = next(iter(cloud.servers))
    key = schema.ElementKey(_KIND.INSTANCE, row.uuid)
    (element,) = source.read(key).elements
    assert schema.key_of(element) == key
    gone = schema.ElementKey(_KIND.INSTANCE, 'no-such')
    assert source.read(gone).absent == (gone,)


def test_what_is_about_to_vanish_is_gone(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    """A list of what changed shows no difference to what has vanished."""
    uuid = next(iter(cloud.servers)).uuid
    cloud.change_server(uuid, vm_state='deleted')
    key = schema.ElementKey(schema.Kind.INSTANCE, uuid)
    assert source.read(key) == reconcile.Reading(absent=(key,))
    staged: list[schema.Element] = []
    source.list_all(staged.append)
    assert key not in map(schema.key_of, staged)


def test_one_server_group_is_read_or_absent(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    key = schema.ElementKey(_KIND.SERVER_GROUP, next(iter(cloud.groups)))
    (element,) = source.read(key).elements
    assert schema.key_of(element) == key
    gone = schema.ElementKey(_KIND.SERVER_GROUP, 'no-such')
    assert source.read(gone).absent == (gone,)


@pytest.mark.parametrize(
    ('kind', 'count'),
    [
        (_KIND.COMPUTE_NODE, lambda cloud: len(cloud.nodes)),
        (_KIND.HOST_AGGREGATE, lambda cloud: len(cloud.aggregates)),
        (_KIND.FLAVOR, lambda cloud: len(cloud.flavors)),
    ],
)
@pytest.mark.parametrize('key', [schema.EVERY, 'one of them'])
def test_kinds_that_are_few_are_read_as_a_whole(
    source: nova.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    kind: schema.Kind,
    count: collections.abc.Callable[[cloud_module.SimulatedCloud], int],
    key: str,
) -> None:
    reading = source.read(schema.ElementKey(kind, key))
    assert reading.every == (kind,)
    assert len(reading.elements) == count(cloud)


def test_server_groups_may_be_read_as_a_whole_too(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    key = schema.ElementKey(_KIND.SERVER_GROUP, schema.EVERY)
    reading = source.read(key)
    assert (reading.every, reading.suspect) == ((), (_KIND.SERVER_GROUP,))
    assert {schema.key_of(each).key for each in reading.elements} == set(
        cloud.groups
    )


def test_what_is_implied_is_not_read(source: nova.InProcessSource) -> None:
    reading = source.read(schema.ElementKey(_KIND.PROJECT, 'red'))
    assert (reading.elements, reading.absent, reading.every) == ((), (), ())


def test_a_default_zone_that_is_configured_wrong_is_warned_of(
    source: nova.InProcessSource, caplog: pytest.LogCaptureFixture
) -> None:
    _list(source)
    assert 'default_availability_zone' not in caplog.text
    conf = source.surroundings.conf
    conf.set_override(
        'default_availability_zone', 'internal', group='collector'
    )
    try:
        _list(source)
    finally:
        conf.clear_override('default_availability_zone', group='collector')
    assert 'default_availability_zone' in caplog.text


# -- what it polls ---


class _Polled:
    """A model that is filled from a cloud, and then polled only."""

    def __init__(
        self,
        source: nova.InProcessSource,
        cloud: cloud_module.SimulatedCloud,
        clock: clocks.FakeClock,
    ) -> None:
        self.source = source
        self.cloud = cloud
        self.clock = clock
        self.does = operations.Operations(cloud)
        self.model = source._model
        self._apply(source.synchronize().elements())
        clock.advance(1000)
        self.since = clock.time()

    def _apply(self, shown: collections.abc.Iterable[schema.Element]) -> None:
        self.model.apply(list(map(mutation.Put, shown)))

    def fetch(self) -> reconcile.Reading:
        return self.source.poll(
            datetime.datetime.fromtimestamp(self.since, tz=datetime.UTC)
        )

    def poll(self) -> dict[str, int]:
        """Poll, and read what that leads to; return the drift."""
        fence = self.model.fence()
        mutations = reconcile.read_mutations(self.model, self.fetch(), fence)
        verdicts = self.model.apply(mutations)
        found = reconcile.drift(
            self.model, zip(mutations, verdicts, strict=True)
        )
        keys = {key for verdict in verdicts for key in verdict.reread}
        for key in sorted(keys):
            fence = self.model.fence()
            reading = self.source.read(key)
            self.model.apply(
                reconcile.read_mutations(self.model, reading, fence)
            )
        return found

    def run(
        self, operation: collections.abc.Iterable[typing.Any], steps: int = 999
    ) -> None:
        nova.run(self.clock, itertools.islice(operation, steps))

    def active(self) -> list[str]:
        """Return the servers that any operation can be tried on."""
        return [
            row.uuid
            for row in self.cloud.servers
            if row.vm_state == 'active'
            and not row.locked
            and row.task_state is None
        ]

    def differences(self) -> list[typing.Any]:
        found = comparison.differences(
            self.model, nova_truth.truth(self.cloud)
        )
        return list(found)


@pytest.fixture
def polled(
    source: nova.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> _Polled:
    return _Polled(source, cloud, clock)


def test_a_poll_of_a_cloud_at_rest_shows_nodes_only(polled: _Polled) -> None:
    reading = polled.fetch()
    assert {each.kind for each in reading.elements} == {_KIND.COMPUTE_NODE}
    assert len(reading.elements) == len(polled.cloud.nodes)
    assert reading.every == (_KIND.COMPUTE_NODE,)
    assert (reading.absent, reading.doubts, reading.hints) == ((), (), ())
    assert polled.poll() == {}
    assert polled.differences() == []


def test_what_changed_unnoticed_is_found_by_a_poll(polled: _Polled) -> None:
    """Contract 2."""
    renamed, off, gone, kept, *_ = polled.active()
    polled.run(polled.does.rename(renamed, 'renamed'))
    polled.run(polled.does.power_off(off))
    polled.run(polled.does.delete_server(gone))
    polled.run(polled.does.soft_delete_server(kept))
    polled.run(polled.does.create_server())
    assert len(polled.differences()) > 0
    assert polled.poll() == {
        'stale attribute Instance': 3,
        'phantom Instance': 1,
        'missed Instance': 1,
    }
    assert polled.differences() == []


def test_servers_that_were_deleted_are_absent(polled: _Polled) -> None:
    first, second, *_ = polled.active()
    polled.run(polled.does.delete_server(first))
    polled.run(polled.does.force_delete_server(second))
    reading = polled.fetch()
    assert sorted(reading.absent) == sorted(
        schema.ElementKey(_KIND.INSTANCE, uuid) for uuid in (first, second)
    )
    assert not {first, second} & {
        schema.key_of(each).key for each in reading.elements
    }


def test_a_deletion_that_is_polled_again_is_known(polled: _Polled) -> None:
    """The next poll asks for a while before the last one."""
    polled.run(polled.does.delete_server(polled.active()[0]))
    assert polled.poll() == {'phantom Instance': 1}
    assert polled.poll() == {}
    assert polled.differences() == []


def test_a_server_that_came_and_went_between_two_polls_is_nothing(
    polled: _Polled,
) -> None:
    before = {row.uuid for row in polled.cloud.servers}
    polled.run(polled.does.create_server())
    (new,) = {row.uuid for row in polled.cloud.servers} - before
    polled.run(polled.does.delete_server(new))
    assert polled.poll() == {}
    assert polled.model.find(_KIND.INSTANCE, new) is None
    assert polled.differences() == []


def test_a_move_that_began_unnoticed_is_found_with_its_target(
    polled: _Polled,
) -> None:
    """The row of a server does not tell where it goes."""
    uuid = polled.active()[0]
    polled.run(polled.does.live_migrate(uuid), steps=6)
    move = polled.cloud.migration_of(uuid)
    assert move is not None
    assert move.dest is not None
    reading = polled.fetch()
    # It may be over when it is noted.
    assert reading.doubts == (schema.ElementKey(_KIND.INSTANCE, uuid),)
    (hint,) = reading.hints
    assert hint.marks == {'migrating_to': move.dest.host}
    polled.poll()
    instance = polled.model.get_instance_by_uuid(uuid)
    assert instance.migrating_to == move.dest.host
    assert polled.model.graph.edges[uuid, move.dest.uuid] == {
        'relation': 'MIGRATING_TO'
    }
    assert polled.differences() == []


@pytest.mark.parametrize(
    'name', ['live_migrate', 'live_migrate_failing', 'live_migrate_aborted']
)
def test_a_move_that_ended_unnoticed_is_over(
    polled: _Polled, name: str
) -> None:
    uuid = polled.active()[0]
    host = polled.model.get_instance_by_uuid(uuid).host
    operation = getattr(polled.does, name)(uuid)
    polled.run(operation, steps=6)
    polled.poll()
    assert polled.model.get_instance_by_uuid(uuid).migrating_to
    polled.run(operation)
    polled.poll()
    instance = polled.model.get_instance_by_uuid(uuid)
    assert instance.migrating_to is None
    assert (instance.host != host) == (name == 'live_migrate')
    assert polled.differences() == []


def test_a_poll_keeps_no_copy_of_what_is_known(polled: _Polled) -> None:
    uuid = polled.active()[0]
    polled.run(polled.does.rename(uuid, 'renamed'))
    polled.poll()
    known = polled.model.get_instance_by_uuid(uuid)
    (shown,) = (
        each
        for each in polled.fetch().elements
        if schema.key_of(each).key == uuid
    )
    assert shown is known


def test_a_server_at_rest_has_no_move_under_way(polled: _Polled) -> None:
    uuid = polled.active()[0]
    for _ in range(3):
        polled.run(polled.does.live_migrate(uuid))
    reading = polled.fetch()
    assert reading.hints == reading.doubts == ()
    polled.poll()
    assert polled.differences() == []


def test_a_server_that_moved_and_is_not_shown_is_read_once(
    polled: _Polled, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuid = polled.active()[0]
    for _ in range(3):
        polled.run(polled.does.live_migrate(uuid))
    client = polled.source._nova
    monkeypatch.setattr(client, 'changed_servers', lambda _since: iter(()))
    reading = polled.fetch()
    assert len(reading.hints) == 3
    assert reading.doubts == (schema.ElementKey(_KIND.INSTANCE, uuid),)


def test_servers_are_fetched_after_their_moves(
    polled: _Polled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a row at rest could be older than the beginning of a move."""
    ask = polled.source._nova._ask
    asked: list[str] = []

    def note(path: str, *arguments: typing.Any) -> typing.Any:
        asked.append(path.partition('?')[0])
        return ask(path, *arguments)

    monkeypatch.setattr(polled.source._nova, '_ask', note)
    polled.fetch()
    assert asked.index('/os-migrations') < asked.index('/servers/detail')


def test_nodes_that_came_and_went_are_found(polled: _Polled) -> None:
    before = set(polled.cloud.nodes)
    polled.run(polled.does.add_host())
    (came,) = set(polled.cloud.nodes) - before
    uuid = polled.cloud.nodes[came].uuid
    assert polled.poll() == {'missed ComputeNode': 1}
    assert polled.model.find(_KIND.COMPUTE_NODE, uuid) is not None
    assert polled.differences() == []
    polled.run(polled.does.remove_host(came))
    assert polled.poll() == {'phantom ComputeNode': 1}
    assert polled.model.find(_KIND.COMPUTE_NODE, uuid) is None
    assert polled.differences() == []


def test_a_service_that_went_down_is_found(polled: _Polled) -> None:
    """It is never announced, and no drift."""
    host = next(iter(polled.cloud.nodes))
    polled.run(polled.does.crash(host))
    assert polled.poll() == {}
    node = polled.model.get_node_by_name(polled.cloud.nodes[host].hostname)
    assert node.state == 'down'
    assert polled.differences() == []


def test_a_poll_believes_nothing_of_a_cell_that_is_down(
    polled: _Polled,
) -> None:
    """Race 14."""
    host = next(
        host
        for host in polled.cloud.nodes
        if set(polled.active())
        & {row.uuid for row in polled.cloud.servers.on_host(host)}
    )
    there = {row.uuid for row in polled.cloud.servers.on_host(host)}
    uuid = min(there & set(polled.active()))
    polled.run(polled.does.rename(uuid, 'renamed'))
    known = polled.model.get_instance_by_uuid(uuid)
    node = polled.cloud.nodes[host].uuid
    polled.source._nova.faults.cell_down([host])
    assert polled.poll() == {}
    assert polled.model.get_instance_by_uuid(uuid) == known
    assert polled.model.find(_KIND.COMPUTE_NODE, node) is not None
    polled.source._nova.faults.clear()
    assert polled.poll() == {'stale attribute Instance': 1}
    assert polled.differences() == []


def test_a_cell_that_goes_down_during_a_poll_makes_it_partial(
    polled: _Polled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Race 14: what changed in it may be in no page."""
    client = polled.source._nova
    ask = client._ask
    last = '/os-hypervisors'

    def lose(asked: str, *arguments: typing.Any) -> typing.Any:
        answer = ask(asked, *arguments)
        is_last_page = not any(answer[1].values())
        if asked.startswith(last) and is_last_page:
            client.faults.cell_down(list(polled.cloud.nodes)[-1:])
        return answer

    assert polled.fetch().partial == ()
    monkeypatch.setattr(client, '_ask', lose)
    monkeypatch.setattr(client, '_pause', lambda seconds: None)
    assert polled.fetch().partial != ()
    client.faults.clear()
    # Nova lists no hypervisors then, and nothing said before that it cannot.
    last = '/servers/detail'
    with pytest.raises(exceptions.CloudUnavailable):
        polled.fetch()
    assert polled.fetch().partial != ()


@pytest.mark.parametrize(
    'path', ['/servers/detail', '/os-migrations', '/os-services', '/os-hyp']
)
def test_a_poll_that_cannot_see_all_of_it_fails(
    polled: _Polled, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    ask = polled.source._nova._ask

    def fail(asked: str, *arguments: typing.Any) -> typing.Any:
        if asked.startswith(path):
            raise rest_client.HttpError(503)
        return ask(asked, *arguments)

    monkeypatch.setattr(polled.source._nova, '_ask', fail)
    with pytest.raises(exceptions.CloudUnavailable):
        polled.fetch()


# -- as a whole ---


def test_it_fills_its_model_by_itself_without_blocking(
    collector: nova_collectors.NovaClusterModelCollector,
    cloud: cloud_module.SimulatedCloud,
) -> None:
    _fill(collector)
    snapshot = collector.get_latest_cluster_data_model()
    assert comparison.differences(snapshot, nova_truth.truth(cloud)) == []
    assert snapshot is not collector.cluster_data_model
    assert snapshot.freshness.readiness is freshness.Readiness.READY
    assert collector.describe()['microversion'] == '2.96'
    assert collector.last_synchronize is not None


def test_there_is_one_of_it(
    collector: nova_collectors.NovaClusterModelCollector,
) -> None:
    again = nova_collectors.NovaClusterModelCollector(collector.surroundings)
    assert again is collector


def test_there_is_a_new_one_after_it_was_stopped(
    collector: nova_collectors.NovaClusterModelCollector,
) -> None:
    collector.stop()
    again = nova_collectors.NovaClusterModelCollector(collector.surroundings)
    try:
        assert again is not collector
        _fill(again)
    finally:
        again.stop()


def test_its_handler_leads_to_its_model(
    collector: nova_collectors.NovaClusterModelCollector,
    cloud: cloud_module.SimulatedCloud,
) -> None:
    """Contract 1, 8: what is in doubt is read."""
    _fill(collector)
    row = next(iter(cloud.servers))
    cloud.change_server(row.uuid, display_name='renamed')
    key = schema.ElementKey(_KIND.INSTANCE, row.uuid)
    assert isinstance(
        collector.notification_handler, handler.NovaNotificationHandler
    )
    assert collector.notification_handler.model_collector is collector
    message = nova.envelope(
        _Message(),
        clocks.FakeClock(),
    )
    collector.submit(mutation.Doubt((key,), 'why'), message)
    deadline = time.monotonic() + _PATIENCE
    model = collector.cluster_data_model
    while model.get_instance_by_uuid(row.uuid).name != 'renamed':
        assert time.monotonic() < deadline
        time.sleep(0.005)


class _Message:
    """As much of a message as an envelope is made of."""

    priority, publisher_id, event_type = 'info', 'nova-compute:a', 'x'
    payload: typing.ClassVar[dict[str, str]] = {}
    message_id, timestamp = 'm', '2026-11-22 16:14:50'


def test_a_model_that_was_never_filled_is_not_ready(
    serve: _Make, configure: _Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, 'delay', lambda *_: 0.01)
    api = serve()
    conf = configure(api)
    api.faults.fail('servers', 503, None)
    collector = nova_collectors.NovaClusterModelCollector(
        loadable.Surroundings(
            conf, real_clocks.SystemClock(), accounting.Accounting()
        )
    )
    try:
        deadline = time.monotonic() + _PATIENCE
        while not collector.health.failures:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        with pytest.raises(exceptions.NotReady, match='did not answer'):
            collector.get_latest_cluster_data_model()
        assert collector.last_synchronize is None
        api.faults.clear()
        _fill(collector)
        assert len(collector.get_latest_cluster_data_model()) > 0
    finally:
        collector.stop()


def test_it_polls(
    collector: nova_collectors.NovaClusterModelCollector,
    cloud: cloud_module.SimulatedCloud,
) -> None:
    """Contract 2: what nobody announced is in the model after a poll."""
    collector.run_poll()
    _fill(collector)
    for row in cloud.servers:
        # The cloud's clock is not that of the daemon.
        cloud.change_server(row.uuid, display_name='renamed', touch=True)
    conf = collector.surroundings.conf
    conf.set_override('poll_overlap', 10**9, group='collector')
    try:
        collector.run_poll()
    finally:
        conf.clear_override('poll_overlap', group='collector')
    model = collector.cluster_data_model
    assert comparison.differences(model, nova_truth.truth(cloud)) == []
    assert collector.last_poll is not None
    assert collector.last_poll.drift == {'stale attribute Instance': 23}
    assert collector.poll_health.failures == 0


# -- what it reads together ---


def _since(moment: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(moment, tz=datetime.UTC)


def test_those_of_many_that_changed_are_read_together(
    polled: _Polled,
) -> None:
    rows = [row.uuid for row in polled.cloud.servers][:4]
    keys = [schema.ElementKey(_KIND.INSTANCE, uuid) for uuid in rows[:3]]
    nova.run(polled.clock, polled.does.rename(rows[0], 'renamed'))
    nova.run(polled.clock, polled.does.delete_server(rows[1]))
    nova.run(polled.clock, polled.does.rename(rows[3], 'of no interest'))
    reading = polled.source.read_changed(keys, _since(polled.since))
    (element,) = reading.elements
    assert schema.key_of(element) == keys[0]
    assert isinstance(element, schema.Instance)
    assert element.name == 'renamed'
    assert reading.absent == (keys[1],)
    later = _since(polled.clock.time() + 1)
    assert polled.source.read_changed(keys, later) == reconcile.Reading()


def test_what_a_list_does_not_tell_is_left_to_a_read_of_one(
    polled: _Polled,
) -> None:
    """Shares, servers that are not known yet, and cells that are down."""
    uuid, share = _with_a_share(polled.cloud, polled.clock)
    known = polled.model.get_instance_by_uuid(uuid)
    before = {row.uuid for row in polled.cloud.servers}
    nova.run(polled.clock, polled.does.create_server())
    (new,) = {row.uuid for row in polled.cloud.servers} - before
    keys = [schema.ElementKey(_KIND.INSTANCE, each) for each in (uuid, new)]
    since = _since(polled.since)
    (element,) = polled.source.read_changed(keys, since).elements
    assert schema.key_of(element) == keys[0]
    polled.model.apply([mutation.Put(schema.replace(known, shares=(share,)))])
    assert polled.source.read_changed(keys, since) == reconcile.Reading()
    polled.model.apply([mutation.Put(known)])
    polled.source._nova.faults.cell_down([str(known.host)])
    assert polled.source.read_changed(keys, since).elements == ()

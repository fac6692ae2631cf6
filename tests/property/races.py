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


"""The races that every change to the model must survive, by their numbers.

Each is the shortest sequence in which it shows, with nothing left to chance.
"""

import collections.abc
import contextlib
import itertools
import typing

from cdm_graph.model import change
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.simulation import operations
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import storage as storage_module
from cdm_graph.simulation.ironic import metal as metal_module
from cdm_graph.simulation.ironic import operations as ironic_operations
from cdm_graph.simulation.ironic import records as ironic_records
from tests.property import cinder_service
from tests.property import clauses
from tests.property import ironic_service
from tests.property import pipeline as pipelines

_SEED: typing.Final = 5
_PATIENCE: typing.Final = 1000
_HOUR: typing.Final = 3600.0


class Stage:
    """A pipeline, and what is done in its cloud by hand."""

    def __init__(self, seed: int = _SEED, **facts: typing.Any) -> None:
        setting = pipelines.Setting(seed, **facts)
        self.pipeline = pipelines.Pipeline(setting)
        self.does = operations.Operations(
            self.pipeline.cloud, setting.formats, setting.state_changes
        )

    @property
    def bus(self) -> list[pipelines.Sent]:
        return self.pipeline.bus

    @property
    def model(self) -> root.ModelRoot:
        return self.pipeline.model

    def run(self, operation: typing.Any) -> list[pipelines.Sent]:
        """Carry out an operation; return what was told, on no bus yet."""
        return self.pipeline.carry_out(operation)

    def tell(self, operation: typing.Any) -> None:
        """Carry out an operation, and put what was told on the bus."""
        self.bus.extend(self.run(operation))

    def create(self) -> tuple[str, list[pipelines.Sent]]:
        """Create a server; return it, with what was told."""
        before = {row.uuid for row in self.pipeline.cloud.servers}
        told = self.run(self.does.create_server())
        (uuid,) = {row.uuid for row in self.pipeline.cloud.servers} - before
        return uuid, told

    def active(self) -> records.Server:
        """Return a server that runs and is at rest."""
        return next(
            row
            for row in self.pipeline.cloud.servers
            if row.vm_state == 'active' and row.task_state is None
        )

    def list_until(self, path: str) -> None:
        """Begin a synchronize; stop when it has an answer of that path."""
        self.pipeline.request()
        self.run_until('synchronize', path)

    def run_until(self, name: str, path: str) -> None:
        """Run a thread; stop when it has an answer of that path."""
        self.pipeline.api.answered = ''
        (thread,) = (
            each
            for each in self.pipeline.schedule.threads
            if each.name == name
        )
        for _ in range(_PATIENCE):
            thread.run()
            if self.pipeline.api.answered.startswith(path):
                return
        raise AssertionError(f'{path} was never asked for')

    def receive(self, told: collections.abc.Iterable[pipelines.Sent]) -> None:
        """Let messages come in, and do nothing more."""
        for sent in told:
            self.pipeline.receive(sent)

    def host_shown(self, uuid: str) -> str | None:
        """Return the host of a server, as the model shows it."""
        return self.model.get_instance_by_uuid(uuid).host

    def must_agree(self) -> None:
        """Drain; the model must equal the cloud."""
        self.pipeline.drain()
        clauses.none(self.pipeline.differences())
        clauses.none(clauses.inconsistencies(self.model))
        counters = self.pipeline.counters.read()
        assert counters.accounted == counters.received


@contextlib.contextmanager
def stage(**facts: typing.Any) -> collections.abc.Iterator[Stage]:
    """Set a stage, and clear it afterwards."""
    made = Stage(**facts)
    try:
        yield made
    finally:
        made.pipeline.close()


def named(
    told: collections.abc.Iterable[pipelines.Sent], *beginnings: str
) -> list[pipelines.Sent]:
    """Return the messages whose event types begin so."""
    return [sent for sent in told if sent.event_type.startswith(beginnings)]


def others(
    told: collections.abc.Iterable[pipelines.Sent], *beginnings: str
) -> list[pipelines.Sent]:
    """Return the messages whose event types begin otherwise."""
    return [
        sent for sent in told if not sent.event_type.startswith(beginnings)
    ]


def race_01_event_during_synchronize() -> None:
    """A deletion is announced after the page that shows the server."""
    with stage() as on:
        uuid = on.active().uuid
        began = on.pipeline.clock.time()
        on.list_until('/servers/detail')
        on.receive(on.run(on.does.delete_server(uuid)))
        assert on.model.find(schema.Kind.INSTANCE, uuid) is None
        on.must_agree()
        assert on.model.synchronized_at == began


def race_02_old_event_after_synchronize() -> None:
    """What was sent before a list comes after it, and names another host."""
    with stage() as on:
        uuid = on.active().uuid
        told = on.run(on.does.live_migrate(uuid))
        on.pipeline.synchronize()
        host = on.host_shown(uuid)
        for sent in told:
            on.receive([sent])
            assert on.host_shown(uuid) == host, sent.event_type
        on.must_agree()


def race_03_pair_out_of_order() -> None:
    """The source's last word of a live migration comes before the first."""
    with stage() as on:
        uuid = on.active().uuid
        told = on.run(on.does.live_migrate(uuid))
        told += on.run(on.does.live_migrate(uuid))
        on.receive(reversed(told))
        on.must_agree()


def race_03_misleading_event() -> None:
    """The source's last word names the source, as if it were new."""
    with stage() as on:
        uuid = on.active().uuid
        told = on.run(on.does.live_migrate(uuid))
        on.receive(told)
        host = on.pipeline.cloud.server(uuid).host
        for sent in named(told, 'instance.live_migration_post.'):
            data = sent.payload['nova_object.data']
            new = {**data, 'updated_at': '2030-01-01T00:00:00Z'}
            on.receive(
                [
                    sent.changed(
                        payload={**sent.payload, 'nova_object.data': new},
                        metadata={},
                    )
                ]
            )
            assert on.host_shown(uuid) == host, sent.event_type


def race_04_update_after_delete() -> None:
    """Nova tells that a server was shut down within its deletion."""
    with stage() as on:
        uuid = on.active().uuid
        told = on.run(on.does.delete_server(uuid))
        end = named(told, 'instance.delete.end')
        on.receive(end)
        for sent in others(told, 'instance.delete.end'):
            on.receive([sent])
            assert on.model.find(schema.Kind.INSTANCE, uuid) is None
        on.must_agree()


def race_05_duplicate() -> None:
    """All is delivered again when the server is gone, with other ids."""
    with stage() as on:
        uuid, told = on.create()
        told += on.run(on.does.delete_server(uuid))
        on.receive(told)
        on.pipeline.drain()
        for number, sent in enumerate(told):
            on.receive([sent])
            on.receive([sent.changed(metadata={'message_id': str(number)})])
            assert on.model.find(schema.Kind.INSTANCE, uuid) is None
        on.must_agree()
        counters = on.pipeline.counters.read()
        assert counters.reasons['duplicate: message delivered twice'] >= len(
            told
        )


def race_06_lost_event() -> None:
    """Nothing of a deletion and of a creation comes."""
    with stage() as on:
        on.run(on.does.delete_server(on.active().uuid))
        on.create()
        assert on.pipeline.differences() != []
        on.pipeline.synchronize()
        on.must_agree()


def race_07_event_for_unknown_host() -> None:
    """A server is built on a host before anything tells of the host."""
    with stage() as on:
        known = set(on.pipeline.cloud.nodes)
        late = on.run(on.does.add_host())
        (host,) = set(on.pipeline.cloud.nodes) - known
        uuid = on.active().uuid
        on.receive(on.run(on.does.live_migrate(uuid, dest=host)))
        assert on.host_shown(uuid) == host
        clauses.none(clauses.inconsistencies(on.model))
        on.pipeline.drain()
        on.receive(late)
        on.must_agree()


def race_08_event_for_unknown_instance() -> None:
    """Something happens to a server of whose creation nothing came."""
    with stage() as on:
        uuid, _lost = on.create()
        on.receive(on.run(on.does.pause(uuid)))
        on.must_agree()


def race_08_read_of_unknown_instance_fails() -> None:
    """The read that such an event leads to fails."""
    with stage() as on:
        uuid, _lost = on.create()
        on.receive(on.run(on.does.pause(uuid)))
        on.pipeline.clock.advance(0.5)
        on.run_until('refresh-0', '/servers/')
        (asking,) = on.pipeline.asking()
        on.pipeline.fail(asking)
        on.must_agree()


def race_09_no_host() -> None:
    """A server that is shelved leaves its host, and has none."""
    with stage() as on:
        uuid = on.active().uuid
        on.tell(on.does.shelve(uuid))
        on.must_agree()
        assert on.host_shown(uuid) is None
        on.tell(on.does.unshelve(uuid))
        on.must_agree()
        assert on.host_shown(uuid) is not None


def race_10_rescheduled() -> None:
    """The creation begins twice, and the first attempt's words come last."""
    with stage() as on:
        uuid, told = on.create()
        first = named(told, 'instance.create.start')
        on.receive(first)
        on.receive(
            sent.changed(
                publisher_id='nova-compute:elsewhere',
                metadata={**sent.metadata, 'message_id': 'second'},
            )
            for sent in first
        )
        on.receive(others(told, 'instance.create.start'))
        on.receive(
            sent.changed(metadata={**sent.metadata, 'message_id': 'third'})
            for sent in first
        )
        assert on.host_shown(uuid) == on.pipeline.cloud.server(uuid).host
        on.must_agree()


def race_11_clocks_of_cells_differ() -> None:
    """One cell's clock is minutes ahead, then minutes behind."""
    for skew in (300.0, -300.0):
        with stage(skew=skew) as on:
            for row in list(on.pipeline.cloud.servers):
                if row.vm_state == 'active' and row.task_state is None:
                    on.bus.extend(
                        reversed(on.run(on.does.live_migrate(row.uuid)))
                    )
            on.must_agree()


def race_12_same_second() -> None:
    """Two changes have the same ``updated_at``; the older comes last."""
    with stage() as on:
        uuid = on.active().uuid
        told = []
        for operation in (on.does.pause(uuid), on.does.unpause(uuid)):
            for step in operation:
                told += map(on.pipeline._sent, step)
        on.receive(reversed(told))
        on.must_agree()


def race_12_asked_for_while_read() -> None:
    """Tags change no ``updated_at``, and change while the row is read."""
    with stage() as on:
        uuid = on.active().uuid
        on.receive(on.run(on.does.rename(uuid, 'another')))
        on.pipeline.clock.advance(0.5)
        on.run_until('refresh-0', '/servers/')
        on.receive(on.run(on.does.add_tag(uuid, 'meanwhile')))
        on.must_agree()


def race_13_row_older_than_applied_event() -> None:
    """A page was answered before a move that is applied before the merge."""
    with stage() as on:
        uuid = on.active().uuid
        on.list_until('/servers/detail')
        on.receive(on.run(on.does.live_migrate(uuid)))
        host = on.pipeline.cloud.server(uuid).host
        assert on.host_shown(uuid) == host
        shown: list[str | None] = []
        on.model.subscribe(_hosts_of(uuid, shown))
        on.must_agree()
        assert set(shown) <= {host}


def race_13_row_older_than_announcement() -> None:
    """A server is read after it was told that it moved, and before it did."""
    with stage(state_changes=False) as on:
        row = on.active()
        host = str(row.host)
        on.tell(on.does.crash(host))
        on.tell(on.does.force_down(host))
        on.pipeline.drain()
        for step in on.does.evacuate(row.uuid):
            on.bus.extend(map(on.pipeline._sent, step))
            on.pipeline.run_for(0.3)
        on.must_agree()
        assert on.host_shown(row.uuid) != host


def race_14_server_missing_from_list() -> None:
    """A row slips between two pages, or its cell is down."""
    with stage() as on:
        for number in range(2 * pipelines.PAGE + 1):
            on.tell(on.does.create_server_group(f'g{number}'))
        on.must_agree()
        gone: list[schema.ElementKey] = []
        on.model.subscribe(_removals(gone))
        on.list_until('/os-server-groups')
        first = next(iter(on.pipeline.cloud.groups))
        on.tell(on.does.delete_server_group(first))
        on.must_agree()
        assert [key.key for key in gone] == [first]
    with stage() as on:
        row = on.active()
        on.pipeline.api.faults.cell_down([row.host or ''])
        on.pipeline.request()
        on.pipeline.run_for(300)
        assert on.host_shown(row.uuid) == row.host
        assert on.model.freshness.partial != ()
        on.pipeline.api.faults.clear()
        on.pipeline.synchronize()
        on.must_agree()
        assert on.model.freshness.partial == ()
    with stage() as on:
        # Nobody told of it, so its absence from the list tells nothing.
        uuid, _lost = on.create()
        on.pipeline.drain()
        host = on.pipeline.cloud.server(uuid).host
        on.list_until('/os-server-groups')
        on.pipeline.api.faults.cell_down([host or ''])
        on.pipeline.drain()
        assert on.model.find(schema.Kind.INSTANCE, uuid) is None
        assert on.model.freshness.partial != ()
        on.pipeline.poll()
        on.pipeline.drain()
        assert on.model.freshness.partial != ()
        on.pipeline.api.faults.clear()
        on.pipeline.poll()
        on.must_agree()
        assert on.model.freshness.partial == ()


def race_15_service_deleted_under_instances() -> None:
    """The service is said to be deleted; servers of it are known yet."""
    with stage() as on:
        known = set(on.pipeline.cloud.nodes)
        on.tell(on.does.add_host())
        (host,) = set(on.pipeline.cloud.nodes) - known
        uuid = on.active().uuid
        on.tell(on.does.live_migrate(uuid, dest=host))
        on.pipeline.drain()
        moved = on.run(on.does.live_migrate(uuid))
        removed = on.run(on.does.remove_host(host))
        on.receive(removed)
        on.pipeline.drain()
        clauses.none(clauses.inconsistencies(on.model))
        assert on.model.find(schema.Kind.INSTANCE, uuid) is not None
        on.receive(moved)
        on.must_agree()


def race_16_aggregate_changed_between_pages() -> None:
    """A host leaves an aggregate after the aggregates were listed."""
    with stage() as on:
        number, host = next(
            (row.number, row.hosts[0])
            for row in on.pipeline.cloud.aggregates.values()
            if row.hosts and row.availability_zone is None
        )
        on.list_until('/os-aggregates')
        on.receive(on.run(on.does.remove_from_aggregate(number, host)))
        on.must_agree()


def race_16_aggregate_created_during_read() -> None:
    """All aggregates were read, without one that is announced meanwhile."""
    with stage() as on:
        number = next(iter(on.pipeline.cloud.aggregates))
        on.receive(on.run(on.does.rename_aggregate(number, 'other')))
        on.pipeline.clock.advance(0.5)
        on.run_until('refresh-0', '/os-aggregates')
        gone: list[schema.ElementKey] = []
        on.model.subscribe(_removals(gone))
        on.receive(on.run(on.does.create_aggregate('new')))
        on.must_agree()
        assert gone == []


def race_17_sink_down() -> None:
    """Who listens to the changes fails; the model goes on."""
    with stage() as on:
        told: list[change.Change] = []

        def fail(_changes: object) -> None:
            raise ConnectionError('the store is away')

        on.model.subscribe(fail)
        on.model.subscribe(told.extend)
        on.tell(on.does.live_migrate(on.active().uuid))
        on.must_agree()
        assert told
        on.pipeline.forgive(ConnectionError)


def race_18_backlog_of_hours() -> None:
    """Whoever begins anew finds hours of messages, all of them outdated."""
    with stage() as on:
        on.pipeline.happen(150)
        on.pipeline.settle()
        backlog = list(on.bus)
        on.bus.clear()
        on.pipeline.clock.advance(5 * _HOUR)
        on.pipeline.synchronize()
        alive = set(on.model.get_all_instances())
        for sent in backlog:
            on.receive([sent])
            assert set(on.model.get_all_instances()) <= alive | _born(backlog)
        on.must_agree()


def race_19_queue_deleted_by_broker() -> None:
    """Nothing in flight survives; the heartbeat tells of it."""
    with stage() as on:
        on.tell(on.does.delete_server(on.active().uuid))
        on.pipeline.lose_broker()
        on.create()
        on.pipeline.clock.advance(10)
        on.pipeline.beat()
        on.pipeline.return_broker()
        assert on.pipeline.differences() != []
        on.pipeline.beat()
        on.must_agree()
        assert on.pipeline.heartbeat.pulse.interruptions == 1


def race_20_page_older_than_list() -> None:
    """A poll has read a page; its server goes; a list comes before it."""
    with stage() as on:
        uuid, _lost = on.create()
        on.pipeline.poll()
        on.run_until('poll', '/servers/detail')
        on.run(on.does.delete_server(uuid))
        on.list_until('/servers/detail')
        on.pipeline.drain('synchronize')
        on.must_agree()


def race_20_node_older_than_list() -> None:
    """All nodes are read, with one that is gone from a later list."""
    with stage() as on:
        known = set(on.pipeline.cloud.nodes)
        on.run(on.does.add_host())
        (host,) = set(on.pipeline.cloud.nodes) - known
        on.pipeline.poll()
        on.run_until('poll', '/os-hypervisors/detail')
        on.run_until('poll', '/os-hypervisors/detail')
        on.run(on.does.remove_host(host))
        on.list_until('/servers/detail')
        on.pipeline.drain('synchronize')
        on.must_agree()


def race_21_list_overtaken_by_older_read() -> None:
    """A page that is older than a list is merged while that is fetched."""
    with stage() as on:
        uuid, told = on.create()
        on.bus.extend(told)
        on.pipeline.drain()
        on.pipeline.poll()
        on.run_until('poll', '/servers/detail')
        on.run(on.does.rename(uuid, 'nobody told'))
        on.list_until('/servers/detail')
        on.pipeline.drain('poll')
        on.must_agree()


def race_22_uuid_used_again() -> None:
    """What is said of a machine that is gone comes when another has its UUID.

    Or what is said of the other one comes while the first is still known.
    """
    with stage(service=ironic_service.IRONIC) as on:
        metal = on.pipeline.cloud.metal
        does = ironic_operations.MetalOperations(on.pipeline.cloud)
        true = _rows(metal)
        shown: list[_Row] = []
        on.model.subscribe(_machines(shown))
        one, other = itertools.islice(metal.machines, 2)
        late = on.run(does.set_power(one, 'power off'))
        on.tell(_anew(does, one))
        on.must_agree()
        on.bus.extend(late)
        on.must_agree()
        gone = on.run(_anew(does, other))
        on.tell(does.set_power(other, 'power on'))
        on.must_agree()
        on.bus.extend(gone)
        on.must_agree()
        assert shown
        assert set(shown) <= true


def race_23_read_between_the_saves_of_an_end() -> None:
    """A volume is read while Cinder saves, in three steps, that it was moved.

    It seems to be at rest each time, and nothing more is said of it.
    """
    number = 0
    while _is_moved_and_read(number):
        number += 1
    assert number > 1


def _is_moved_and_read(number: int) -> bool:
    """Move a volume that a server has, and read it after that step.

    :returns: whether there was such a step
    """
    with stage(service=cinder_service.CINDER) as on:
        on.tell(on.does.create_volume('new'))
        volume, pool = _moved(on.pipeline.cloud.storage, 'new')
        on.tell(on.does.attach_volume(on.active().uuid, volume=volume))
        on.must_agree()
        was_there = False
        moving = on.does.migrate_volume(volume, pool)
        for reached, step in enumerate(moving):
            on.receive(on.run([step]))
            if reached == number:
                on.pipeline.run_for(1)
                was_there = True
        on.must_agree()
        return was_there


def _moved(storage: storage_module.Storage, name: str) -> tuple[str, str]:
    """Return a volume, and a pool in which there could be a copy of it."""
    volume = next(row for row in storage.volumes if row.name == name)
    pool = next(
        each.name
        for each in storage.pools.values()
        if each.backend != storage.pools[volume.pool or ''].backend
    )
    return volume.uuid, pool


def _anew(
    does: ironic_operations.MetalOperations, uuid: str
) -> ironic_operations.Operation:
    """Delete a machine, and enroll another one with its UUID."""
    yield from does.delete(uuid)
    yield from does.create('another one', uuid)


#: UUID of a machine, when it was made, its power state and its chassis.
_Row = tuple[str, float, str | None, str | None]


def _rows(metal: metal_module.Metal) -> set[_Row]:
    """Return what is true of machines; what becomes true is added to it."""
    true: set[_Row] = set()
    put = metal.put_machine

    def note(row: ironic_records.Machine) -> None:
        true.add((row.uuid, row.created_at, row.power_state, row.chassis))

    def noted(row: ironic_records.Machine) -> None:
        note(row)
        put(row)

    for row in metal.machines.values():
        note(row)
    # Whatever writes a machine goes through it.
    metal.put_machine = noted  # type: ignore[method-assign]
    return true


def _machines(shown: list[_Row]) -> change.Listener:
    def listen(changes: collections.abc.Sequence[change.Change]) -> None:
        shown.extend(
            (
                each.after.uuid,
                each.after.created_at.timestamp(),
                each.after.power_state,
                each.after.chassis_uuid,
            )
            for each in changes
            if isinstance(each.after, schema.BaremetalNode)
            and each.after.created_at
        )

    return listen


def _hosts_of(uuid: str, shown: list[str | None]) -> change.Listener:
    def listen(changes: collections.abc.Sequence[change.Change]) -> None:
        shown.extend(
            each.after.host
            for each in changes
            if each.key.key == uuid and isinstance(each.after, schema.Instance)
        )

    return listen


def _removals(gone: list[schema.ElementKey]) -> change.Listener:
    def listen(changes: collections.abc.Sequence[change.Change]) -> None:
        gone.extend(
            each.key
            for each in changes
            if each.after is None and each.key.kind in _LISTED
        )

    return listen


def _born(told: collections.abc.Iterable[pipelines.Sent]) -> set[str]:
    """Return the servers whose creation is told of."""
    return {
        sent.payload['nova_object.data']['uuid']
        for sent in named(told, 'instance.create.')
    }


_LISTED: typing.Final = frozenset(
    {schema.Kind.SERVER_GROUP, schema.Kind.HOST_AGGREGATE}
)

#: By name, as the tests call them.
RACES: typing.Final[dict[str, collections.abc.Callable[[], None]]] = {
    name: each
    for name, each in sorted(globals().items())
    if name.startswith('race_')
}

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


"""The clauses of the contract, each as a machine that tries to break it.

A machine decides, step by step, what happens between a cloud and its model:
what is done in the cloud, which message comes next, which request of the
daemon is answered or fails, when time passes.  In the end, and where it can
be told before, the clause has to hold.

What may go wrong differs: a clause that promises something of a bus that
loses nothing is tried without losses.
"""

import collections.abc
import itertools
import json
import random
import typing
import uuid

import hypothesis
from hypothesis import stateful
from hypothesis import strategies as st

from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.notification import heartbeat
from tests.property import cinder_service
from tests.property import ironic_service
from tests.property import nova_service
from tests.property import pipeline as pipelines
from tests.property import service as services

_POSITIONS: typing.Final = 64
#: Mistakes of one run that are shown.
_SHOWN: typing.Final = 8
#: Seconds in which all has to be well again after the last fault.
_RECOVERY: typing.Final = 400.0
#: Seconds between two synchronizes that nobody asked for.
_PERIOD: typing.Final = 120.0

_position = st.integers(0, _POSITIONS - 1)
#: The bus tells it, or the lists do.
BUS, LISTS = frozenset({'bus'}), frozenset({'lists'})
_positions = st.lists(_position, min_size=1, max_size=10)
_forms = st.sampled_from(['versioned'] * 4 + ['both', 'unversioned'])
_skews = st.sampled_from([0.0, 0.0, 30.0, -30.0])


def _at(position: int, things: collections.abc.Sequence[typing.Any]) -> int:
    return position * len(things) // _POSITIONS


class Clause(stateful.RuleBasedStateMachine):
    """A cloud, a bus without loss, an API that may be slow and may fail."""

    number: typing.ClassVar[int]
    title: typing.ClassVar[str]
    service: typing.ClassVar[services.Service] = nova_service.NOVA
    #: By what the daemon has to know all that happens: of what that does not
    #: tell nothing happens.
    told_by: typing.ClassVar[frozenset[str]] = BUS
    #: How many sequences were tried to their end.
    runs: typing.ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.pipeline: pipelines.Pipeline | None = None

    @property
    def daemon(self) -> pipelines.Pipeline:
        assert self.pipeline is not None
        return self.pipeline

    @stateful.initialize(
        seed=st.integers(0, 2**32),
        story=st.integers(0, _POSITIONS - 1),
        formats=_forms,
        state_changes=st.booleans(),
        skew=_skews,
        prefer=st.sampled_from(['', 'refresh', 'synchronize']),
    )
    def begin(
        self,
        seed: int,
        story: int,
        formats: str,
        state_changes: bool,
        skew: float,
        prefer: str,
    ) -> None:
        # Of hosts the legacy format tells too little.
        legacy = formats == 'unversioned'
        self.prefer = prefer
        stories = sorted(self.service.stories)
        self.pipeline = pipelines.Pipeline(
            pipelines.Setting(
                seed,
                'everything' if legacy else stories[_at(story, stories)],
                formats,
                state_changes,
                skew=skew,
                left_out=self._left_out(),
                undated=self._undated(),
                service=self.service,
            )
        )

    def _left_out(self) -> frozenset[str]:
        left_out: frozenset[str] = frozenset()
        if 'bus' in self.told_by:
            left_out |= self.service.untold
        if 'lists' in self.told_by:
            left_out |= self.service.unlisted
        return left_out

    def _undated(self) -> frozenset[str]:
        is_told = 'bus' in self.told_by
        return self.service.undated if is_told else frozenset()

    # -- what happens ---

    @stateful.rule(steps=st.integers(1, 15))
    def happen(self, steps: int) -> None:
        self.daemon.happen(steps)

    @stateful.precondition(lambda self: self.daemon.bus)
    @stateful.rule(positions=_positions)
    def deliver(self, positions: list[int]) -> None:
        for position in positions[: len(self.daemon.bus)]:
            self.daemon.deliver(_at(position, self.daemon.bus))

    @stateful.precondition(lambda self: self.daemon.bus)
    @stateful.rule(count=st.integers(1, 30))
    def deliver_in_order(self, count: int) -> None:
        for _ in range(min(count, len(self.daemon.bus))):
            self.daemon.deliver(0)

    @stateful.precondition(lambda self: self.daemon.bus)
    @stateful.rule(position=_position, remembered=st.booleans())
    def deliver_twice(self, position: int, remembered: bool) -> None:
        """Deliver a message that comes again, perhaps with another id."""
        number = _at(position, self.daemon.bus)
        self.daemon.deliver(number, keep=True)
        if not remembered:
            sent = self.daemon.bus[number]
            self.daemon.bus[number] = sent.changed(
                metadata={
                    **sent.metadata,
                    'message_id': str(uuid.UUID(int=position)),
                }
            )

    @stateful.precondition(lambda self: self.daemon.going())
    @stateful.rule(positions=_positions)
    def go_on(self, positions: list[int]) -> None:
        for position in positions:
            going = self.daemon.going()
            if going:
                going[_at(position, going)].run()

    @stateful.precondition(lambda self: self.daemon.going())
    @stateful.rule()
    def catch_up(self) -> None:
        """Let the daemon read all that it is about to, whatever is said."""
        self.daemon.work(self.prefer)

    @stateful.precondition(lambda self: self.daemon.asking())
    @stateful.rule(position=_position)
    def fail(self, position: int) -> None:
        asking = self.daemon.asking()
        self.daemon.fail(asking[_at(position, asking)])

    @stateful.rule()
    def synchronize(self) -> None:
        self.daemon.request()

    @stateful.precondition(
        lambda self: not self.daemon.schedule.is_under_way('poll')
    )
    @stateful.rule()
    def poll(self) -> None:
        self.daemon.poll()

    @stateful.rule(tenths=st.integers(1, 80))
    def wait(self, tenths: int) -> None:
        self.daemon.clock.advance(tenths / 10)

    # -- what has to hold ---

    def hold(self) -> None:
        """Bring it to an end, and show that the clause holds."""
        raise NotImplementedError

    def teardown(self) -> None:
        if self.pipeline is None:
            return
        try:
            self.hold()
        finally:
            self.pipeline.close()
        type(self).runs += 1

    def end(self) -> None:
        """Let everything that was begun come to its end."""
        self.daemon.settle()
        self.daemon.drain(self.prefer)


@stateful.rule(steps=st.integers(0, 15))
def restart(machine: Clause, steps: int) -> None:
    """Let the broker be away for as long as it takes to miss a heartbeat."""
    machine.daemon.lose_broker()
    machine.daemon.happen(steps)
    machine.daemon.clock.advance(10)
    machine.daemon.beat()
    machine.daemon.return_broker()


class Lossy(Clause):
    """Also, messages are lost or garbled."""

    told_by = LISTS

    @stateful.precondition(lambda self: self.daemon.bus)
    @stateful.rule(positions=_positions)
    def lose(self, positions: list[int]) -> None:
        for position in positions[: len(self.daemon.bus)]:
            self.daemon.lose(_at(position, self.daemon.bus))

    @stateful.precondition(lambda self: self.daemon.bus)
    @stateful.rule(position=_position, how=st.integers(0, 5))
    def garble(self, position: int, how: int) -> None:
        number = _at(position, self.daemon.bus)
        self.daemon.bus[number] = garbled(self.daemon.bus[number], how)


class Broken(Lossy):
    """Also, the broker, the API or a cell of the cloud may be away."""

    @stateful.precondition(lambda self: self.daemon.broker_is_there)
    @stateful.rule()
    def lose_broker(self) -> None:
        self.daemon.lose_broker()

    @stateful.precondition(lambda self: not self.daemon.broker_is_there)
    @stateful.rule()
    def return_broker(self) -> None:
        self.daemon.return_broker()

    @stateful.rule()
    def turn_api(self) -> None:
        self.daemon.api.down = not self.daemon.api.down

    @stateful.rule(position=_position)
    def lose_cell(self, position: int) -> None:
        self.service.hide(self.daemon, position / _POSITIONS)

    @stateful.rule()
    def return_cell(self) -> None:
        self.service.show(self.daemon)

    @stateful.rule()
    def beat(self) -> None:
        self.daemon.beat()

    def heal(self) -> None:
        """Let no fault be there any more."""
        self.daemon.api.down = False
        self.service.show(self.daemon)
        self.daemon.return_broker()


class Convergence(Clause):
    """M equals T once the bus is drained, without a list after it.

    On the way it shows nothing out of order (clause 4): where no message is
    lost, many more of them are late.
    """

    number, title = 1, 'convergence'

    def hold(self) -> None:
        self.end()
        none(self.daemon.differences())
        none(self.daemon.history.not_in_order())
        none(self.daemon.history.resurrected())


class ConvergenceWithLoss(Lossy):
    """M equals T after the next complete reconcile, whatever was lost."""

    number, title = 2, 'convergence with loss'

    def hold(self) -> None:
        self.end()
        self.daemon.synchronize()
        none(self.daemon.differences())
        assert self.daemon.model.freshness.partial == ()


class Staleness(Broken):
    """Nothing in M is older than its last synchronize, or than the bus."""

    number, title = 3, 'staleness'

    @stateful.rule()
    def look(self) -> None:
        self.daemon.history.look(
            self.daemon.model, self.daemon.model.synchronized_at, []
        )

    def hold(self) -> None:
        self.look()
        self.daemon.settle()
        none(self.daemon.history.too_old())


class Freshness(Clause):
    """The age that M says of itself holds, where heartbeats can tell.

    What a service has saved and not told of yet nobody can know.
    """

    number, title = 3, 'staleness, as it is shown'
    told_by = BUS | LISTS

    is_hidden = False
    restart_broker = restart
    turn_api = Broken.turn_api
    beat = Broken.beat

    @stateful.precondition(lambda self: not self.is_hidden)
    @stateful.rule(position=_position)
    def lose_cell(self, position: int) -> None:
        self.is_hidden = True
        self.service.hide(self.daemon, position / _POSITIONS)

    @stateful.precondition(lambda self: not self.daemon.is_listing)
    @stateful.rule()
    def return_cell(self) -> None:
        """Let it not come back amid a list: nothing would tell of it."""
        self.is_hidden = False
        self.service.show(self.daemon)

    @stateful.rule()
    def look(self) -> None:
        self.daemon.history.look(
            self.daemon.model,
            self.daemon.model.freshness.as_of,
            [sent.at for sent in self.daemon.bus],
            waits_for_word=True,
        )

    def hold(self) -> None:
        self.look()
        self.daemon.settle()
        none(self.daemon.history.too_old())


class Subsequence(Broken):
    """What M shows of an element follows what it was, and never goes back."""

    number, title = 4, 'subsequence'

    def hold(self) -> None:
        self.heal()
        self.end()
        none(self.daemon.history.not_in_order())
        none(self.daemon.history.resurrected())


class Consistency(Clause):
    """No phantoms once drained, no orphans ever."""

    number, title = 5, 'no phantoms, no orphans'

    @stateful.rule()
    def come_to_rest(self) -> None:
        self.end()
        none(self.daemon.phantoms())

    @stateful.invariant()
    def no_orphans(self) -> None:
        if self.pipeline is not None:
            none(inconsistencies(self.daemon.model))

    def hold(self) -> None:
        self.come_to_rest()


class Isolation(Clause):
    """Neither a snapshot nor the live model sees the other's writes."""

    number, title = 6, 'isolation of snapshots'

    def __init__(self) -> None:
        super().__init__()
        self._taken: list[tuple[root.ModelRoot, str]] = []

    @stateful.rule()
    def take(self) -> None:
        snapshot = self.daemon.model.snapshot()
        self._taken.append((snapshot, fingerprint(snapshot)))

    @stateful.precondition(lambda self: self._taken)
    @stateful.rule(position=_position, seed=st.integers(0, 2**16))
    def write(self, position: int, seed: int) -> None:
        snapshot, _print = self._taken.pop(_at(position, self._taken))
        before = fingerprint(self.daemon.model)
        scribble(snapshot, random.Random(seed))
        assert fingerprint(self.daemon.model) == before

    def hold(self) -> None:
        self.take()
        self.daemon.happen(10)
        self.end()
        for snapshot, known in self._taken:
            assert fingerprint(snapshot) == known
        self.take()
        self.write(_POSITIONS - 1, 0)
        none(self.daemon.differences())


class Conservation(Broken):
    """Each message that was received has exactly one outcome."""

    number, title = 8, 'conservation'

    @stateful.rule(how=st.sampled_from(['publisher', 'event', 'ignored']))
    def receive_other(self, how: str) -> None:
        self.daemon.receive(_OTHERS[how])

    @stateful.invariant()
    def nothing_is_dropped(self) -> None:
        if self.pipeline is None:
            return
        counters = self.daemon.counters.read()
        assert counters.received == self.daemon.received
        assert counters.accounted == counters.received
        assert sum(counters.reasons.values()) == counters.accounted
        assert set(counters.outcomes) == {
            outcome.value for outcome in mutation.Outcome
        }

    def hold(self) -> None:
        self.heal()
        self.end()
        self.nothing_is_dropped()


class Liveness(Broken):
    """All holds again soon after the last fault, by itself."""

    number, title = 9, 'liveness'

    def hold(self) -> None:
        self.heal()
        self.daemon.settle()
        for _ in range(int(_RECOVERY / _PERIOD)):
            self.daemon.request()
            self.daemon.run_for(_PERIOD)
            if self._is_well():
                return
        none(self.daemon.differences())
        raise AssertionError('the daemon does not come to rest')

    def _is_well(self) -> bool:
        return self.daemon.is_at_rest and not self.daemon.differences()


class Recovery(Clause):
    """What a broker lost is made good for because the heartbeat tells."""

    number, title = 2, 'convergence after an outage of the broker'
    told_by = LISTS

    restart_broker = restart

    def hold(self) -> None:
        self.daemon.settle()
        self.restart_broker(0)
        self.daemon.beat()
        self.daemon.drain(self.prefer)
        none(self.daemon.differences())


_OF_NOVA: typing.Final[tuple[type[Clause], ...]] = (
    Convergence,
    ConvergenceWithLoss,
    Recovery,
    Staleness,
    Freshness,
    Subsequence,
    Consistency,
    Isolation,
    Conservation,
    Liveness,
)


def _tried_on(
    machine: type[Clause], service: services.Service
) -> type[Clause]:
    """Return the same machine on another service."""
    return typing.cast(
        type[Clause],
        type(
            f'{machine.__name__}Of{service.name.capitalize()}',
            (machine,),
            {
                'service': service,
                'title': f'{machine.title}, of {service.name}',
                'runs': 0,
                '__doc__': machine.__doc__,
            },
        ),
    )


#: What is tried of each clause, on each service.
CLAUSES: typing.Final[tuple[type[Clause], ...]] = (
    *_OF_NOVA,
    *(_tried_on(machine, cinder_service.CINDER) for machine in _OF_NOVA),
    *(_tried_on(machine, ironic_service.IRONIC) for machine in _OF_NOVA),
)

_OTHERS: typing.Final = {
    'publisher': pipelines.Sent(
        0.0, 'info', 'glance.image', 'image.create', {}, {}
    ),
    'event': pipelines.Sent(
        0.0,
        'error',
        'nova-compute:compute-1',
        'instance.invented',
        {'nova_object.data': {}},
        {},
    ),
    'ignored': pipelines.Sent(
        0.0, 'info', 'nova-compute:compute-1', 'ignored.by.choice', {}, {}
    ),
}


def none(mistakes: collections.abc.Sequence[str]) -> None:
    """Refuse mistakes, and say what the first of them are.

    :raises AssertionError: if there are any
    """
    if mistakes:
        raise AssertionError('; '.join(map(str, mistakes[:_SHOWN])))


def run(
    machine: type[stateful.RuleBasedStateMachine],
    seed: int,
    runs: int,
    steps: int,
    *,
    shrink: bool,
) -> None:
    """Try that many sequences of steps; raise what the first mistake is."""
    phases = [hypothesis.Phase.generate]
    if shrink:
        phases.append(hypothesis.Phase.shrink)
    machine._hypothesis_internal_use_seed = seed  # type: ignore[attr-defined]
    stateful.run_state_machine_as_test(
        machine,
        settings=hypothesis.settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )


def garbled(sent: pipelines.Sent, how: int) -> pipelines.Sent:
    """Return a message of which something was made that nobody ever sends."""
    payload = sent.payload
    if sent.event_type == heartbeat.EVENT_TYPE:
        return sent
    name = _name_of_data(payload)
    data = payload[name] if name else None
    if name is None or not data:
        return sent.changed(payload=[{}, None, 'text', 7, [], {'a': 1}][how])
    match how:
        case 0:
            wrong: typing.Any = {name: None}
        case 1:
            wrong = {name.replace('data', 'version'): '99.0'}
        case 2:
            wrong = {
                name: {**data, 'vcpus': 'many', 'host': 5, 'properties': 7}
            }
        case 3:
            wrong = {name: {**data, 'flavor': 'none', 'power_state': 5}}
        case 4:
            wrong = {name: {**data, 'updated_at': 'yesterday'}}
        case _:
            wrong = {name: dict(itertools.islice(data.items(), 3))}
    return sent.changed(payload={**payload, **wrong})


def _name_of_data(payload: typing.Any) -> str | None:
    """Return what the fields of a versioned object stand under, if any."""
    if not isinstance(payload, dict):
        return None
    names = (name for name in payload if name.endswith('_object.data'))
    return next(names, None)


def inconsistencies(model: root.ModelRoot) -> list[str]:
    """Return where a model contradicts itself."""
    graph = model.graph
    elements = {schema.key_of(each).vertex: each for each in model.elements()}
    found = [f'{v} is orphaned' for v in set(graph) ^ set(elements)]
    for vertex, element in elements.items():
        if vertex in graph and graph.nodes[vertex] != schema.attributes_of(
            element
        ):
            found.append(f'{vertex} shows something else than it is')
        implied = model.find_put(*schema.key_of(element)) is None
        if implied and not graph.degree(vertex):
            found.append(f'{vertex} is there for nothing')
    for node in model.get_all_compute_nodes().values():
        total = schema.Resources()
        for instance in model.get_node_instances(node):
            total += instance.resources
        if model.get_node_used_resources(node) != total:
            found.append(f'{node.uuid} uses what its instances do not take')
    for uuid_ in model.get_all_instances():
        hosts = [
            target
            for target, attributes in graph.succ[uuid_].items()
            if attributes['relation'] == schema.Relation.HOSTED_ON
        ]
        if len(hosts) > 1:
            found.append(f'{uuid_} is on {hosts}')
    if model.count_elements() != _counted(model):
        found.append('the indices count something else than there is')
    return found


def _counted(model: root.ModelRoot) -> dict[str, int]:
    counts = dict.fromkeys((kind.value for kind in schema.Kind), 0)
    for element in model.elements():
        counts[element.kind.value] += 1
    return counts


def fingerprint(model: root.ModelRoot) -> str:
    """Return all that a model shows, as text that shares nothing with it."""
    graph = model.graph
    return json.dumps(
        [
            model.sequence,
            sorted(graph.nodes(data=True)),
            sorted(graph.edges(data=True)),
            sorted(map(repr, model.elements())),
            sorted(
                repr((uuid_, model.get_node_used_resources(node)))
                for uuid_, node in model.get_all_compute_nodes().items()
            ),
            model.count_elements(),
            model.count_relations(),
            model.synchronized_at,
            graph.graph,
        ],
        default=str,
    )


def scribble(snapshot: root.ModelRoot, rng: random.Random) -> None:
    """Write into a snapshot whatever a caller may think of."""
    elements = list(snapshot.elements())
    snapshot.apply(
        mutation.Deletion(schema.key_of(element))
        for element in elements[:: rng.randrange(1, 4)]
        if element.kind not in schema.BARE_KINDS
    )
    graph = snapshot.graph
    graph.graph['title'] = 'mine'
    for vertex in list(graph):
        attributes = graph.nodes[vertex]
        for value in attributes.values():
            if isinstance(value, dict):
                try:
                    value['mine'] = 'yes'
                except TypeError:
                    continue
        choice = rng.randrange(4)
        if choice == 0:
            attributes['kind'] = 'Mine'
            attributes['mine'] = True
        elif choice == 1:
            graph.add_edge(vertex, 'mine', relation='MINE')
        elif choice == 2:
            for target in list(graph.succ[vertex]):
                graph.edges[vertex, target]['relation'] = 'MINE'
    graph.clear()

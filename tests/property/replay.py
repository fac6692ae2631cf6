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


"""A real Nova's notifications, replayed in any order that they may come in.

``recording.jsonl.gz`` holds, step by step of what was done to a cloud, what
Nova 34.0.0 announced in both formats (one run of ``tests/devcloud``), by the
time of its sending.  Taken out were what the model does not read, and with
it all tracebacks, paths and addresses.

The *truth* at the end of a step is put together without the code under test
and without its table of authority: of a server the last ``instance.update``
counts, which Nova sends for each row that it saves; of an aggregate, a group,
a service or a flavor the last of its events.  The time of a server's last
save is shown by the first message after it that is about the server.

A replay begins with the truth of the step before.  Messages of one publisher
about one thing keep their order; all others may be late, and come twice.
What is to be read is read now or later, as it is at the end of the step.
Whatever the order, the model has to become the truth.
"""

import collections
import collections.abc
import dataclasses
import datetime
import functools
import gzip
import json
import pathlib
import random
import typing
import uuid

from cdm_graph.collector import reconcile
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.notification import envelope as envelopes
from tests.property import clauses
from tests.support import clock as clocks
from tests.support import nova

Message = dict[str, typing.Any]
Elements = dict[schema.ElementKey, schema.Element]

_PATH: typing.Final = pathlib.Path(__file__).with_name('recording.jsonl.gz')
_LEGACY: typing.Final = ('notifications',)
_FORMATS: typing.Final = (
    ('versioned_notifications',),
    ('versioned_notifications', 'notifications'),
    _LEGACY,
)
#: Mean seconds by which messages are late.
_DELAYS: typing.Final = (0.05, 0.5, 3.0, 30.0)
_ABOUT: typing.Final = (
    'uuid',
    'instance_id',
    'instance_uuid',
    'server_group_id',
    'aggregate_id',
    'name',
)
#: Kinds of which the legacy format announces nothing.
_UNTOLD: typing.Final = frozenset(
    {schema.Kind.COMPUTE_NODE, schema.Kind.FLAVOR}
)


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """Something that was done to the cloud, and what was announced of it."""

    name: str
    messages: tuple[Message, ...]
    before: Elements
    after: Elements


@functools.cache
def steps() -> tuple[Step, ...]:
    """Return the steps of the recording."""
    named: list[tuple[str, list[Message]]] = []
    with gzip.open(_PATH, 'rt') as lines:
        for line in lines:
            message = json.loads(line)
            if 'step' in message:
                named.append((message['step'], []))
            else:
                named[-1][1].append(message)
    every = [message for _name, messages in named for message in messages]
    made = []
    before = _truth(every, 0)
    count = 0
    for name, messages in named:
        count += len(messages)
        after = _truth(every, count)
        made.append(Step(name, tuple(messages), before, after))
        before = after
    return tuple(made)


# -- the truth -------------------------------------------------------------


def _truth(every: collections.abc.Sequence[Message], count: int) -> Elements:
    """Return what there was after that many messages."""
    seen = [m for m in every[:count] if _is_versioned(m)]
    later = [m for m in every[count:] if _is_versioned(m)]
    elements: list[schema.Element] = [
        *_servers(seen, later),
        *_nodes(seen, every),
        *_aggregates(seen),
        *_flavors(seen),
    ]
    alive = {
        each.uuid for each in elements if isinstance(each, schema.Instance)
    }
    elements += _groups(seen, alive)
    return {schema.key_of(element): element for element in elements}


def _is_versioned(message: Message) -> bool:
    return bool(message['topic'] == 'versioned_notifications')


def _data(message: Message) -> dict[str, typing.Any]:
    data: dict[str, typing.Any] = message['payload']['nova_object.data']
    return data


def _named(
    messages: collections.abc.Iterable[Message], *beginnings: str
) -> collections.abc.Iterator[Message]:
    return (m for m in messages if m['event_type'].startswith(beginnings))


def _servers(
    seen: collections.abc.Sequence[Message],
    later: collections.abc.Sequence[Message],
) -> collections.abc.Iterator[schema.Instance]:
    rows: dict[str, dict[str, typing.Any]] = {}
    saved: dict[str, str] = {}
    for message in _named(seen, 'instance.'):
        data = _data(message)
        if 'uuid' not in data:
            continue
        key = data['uuid']
        if message['event_type'] == 'instance.update':
            rows[key] = data
        if message['event_type'] == 'instance.delete.end':
            rows[key] = {'state': 'deleted'}
        if data.get('updated_at'):
            saved[key] = max(saved.get(key, ''), data['updated_at'])
    for message in reversed(list(_named(later, 'instance.'))):
        data = _data(message)
        if data.get('updated_at'):
            saved[data['uuid']] = data['updated_at']
    for key, row in rows.items():
        if row['state'] != 'deleted':
            yield _server(row, saved.get(key) or row['created_at'])


def _server(
    row: dict[str, typing.Any], updated_at: typing.Any
) -> schema.Instance:
    flavor = row['flavor']['nova_object.data']
    return schema.Instance(
        uuid=row['uuid'],
        name=row['display_name'],
        vm_state=row['state'],
        task_state=row['task_state'],
        power_state=row['power_state'],
        flavor_name=flavor['name'],
        vcpus=flavor['vcpus'],
        memory_mb=flavor['memory_mb'],
        disk_gb=flavor['root_gb'],
        ephemeral_gb=flavor['ephemeral_gb'],
        swap_mb=flavor['swap'],
        extra_specs=flavor['extra_specs'] or {},
        project_id=row['tenant_id'],
        user_id=row['user_id'],
        availability_zone=row['availability_zone'],
        host=row['host'],
        node=row['node'],
        locked=row['locked'],
        locked_reason=row['locked_reason'],
        metadata=row['metadata'],
        tags=tuple(sorted(row['tags'])),
        image_id=row['image_uuid'] or None,
        created_at=row['created_at'],
        launched_at=row['launched_at'],
        updated_at=updated_at,
    )


def _nodes(
    seen: collections.abc.Sequence[Message],
    every: collections.abc.Sequence[Message],
) -> collections.abc.Iterator[schema.ComputeNode]:
    """Return the nodes: those of all hosts but such as were created later."""
    names = {
        (data['host'], data['node'])
        for data in map(_data, _named(filter(_is_versioned, every), 'inst'))
        if data.get('host')
    }
    services: dict[str, dict[str, typing.Any] | None] = {
        _data(message)['host']: None
        for message in _named(every, 'service.create')
    }
    for message in _named(seen, 'service.'):
        gone = message['event_type'] == 'service.delete'
        data = _data(message)
        services[data['host']] = None if gone else data
    for host, node in sorted(names):
        service = services.get(host, {})
        if service is None:
            continue
        down = service.get('forced_down', False)
        yield schema.ComputeNode(
            uuid=str(uuid.uuid5(uuid.NAMESPACE_DNS, node)),
            hostname=node,
            service_host=host,
            state='down' if down else 'up',
            status='disabled' if service.get('disabled') else 'enabled',
            disabled_reason=service.get('disabled_reason'),
            forced_down=down,
        )


def _last(
    seen: collections.abc.Sequence[Message], beginning: str, field: str
) -> list[dict[str, typing.Any]]:
    """Return the last row of each thing that was not deleted."""
    rows: dict[str, dict[str, typing.Any]] = {}
    for message in _named(seen, beginning):
        data = _data(message)
        if message['event_type'].endswith('.start'):
            continue
        if '.delete' in message['event_type']:
            rows.pop(data[field], None)
        else:
            rows[data[field]] = data
    return list(rows.values())


def _aggregates(
    seen: collections.abc.Sequence[Message],
) -> collections.abc.Iterator[schema.HostAggregate]:
    for row in _last(seen, 'aggregate.', 'uuid'):
        yield schema.HostAggregate(
            uuid=row['uuid'],
            aggregate_id=row['id'],
            name=row['name'],
            availability_zone=row['metadata'].get('availability_zone'),
            metadata=row['metadata'],
            hosts=tuple(sorted(row['hosts'])),
        )


def _flavors(
    seen: collections.abc.Sequence[Message],
) -> collections.abc.Iterator[schema.Flavor]:
    for row in _last(seen, 'flavor.', 'flavorid'):
        yield schema.Flavor(
            name=row['name'],
            flavor_id=row['flavorid'],
            vcpus=row['vcpus'],
            memory_mb=row['memory_mb'],
            disk_gb=row['root_gb'],
            extra_specs=row['extra_specs'] or {},
        )


def _groups(
    seen: collections.abc.Sequence[Message], alive: set[str]
) -> collections.abc.Iterator[schema.ServerGroup]:
    for row in _last(seen, 'server_group.', 'uuid'):
        yield schema.ServerGroup(
            uuid=row['uuid'],
            name=row['name'],
            policy=row['policy'],
            rules=row['rules'],
            project_id=row['project_id'],
            user_id=row['user_id'],
            members=tuple(sorted(alive & set(row['members']))),
        )


# -- the replay ------------------------------------------------------------


class Replay:
    """A model that hears the messages of a step, in the order given.

    :param polled: kinds of which nothing is announced
    """

    def __init__(
        self, step: Step, polled: frozenset[schema.Kind] = frozenset()
    ) -> None:
        self._clock = clocks.FakeClock()
        self._after = step.after
        held = {
            key: element
            for before in (step.before, step.after)
            for key, element in before.items()
            if (before is step.after) == (key.kind in polled)
        }
        self.model = live_model.LiveModel(held.values(), clock=self._clock)
        self._handler = nova.new_handler()
        self._dirty: dict[schema.ElementKey, None] = {}
        self._settling: dict[schema.ElementKey, None] = {}

    def hear(self, message: Message) -> None:
        """Let a message come in."""
        self._clock.now = _moment(message)
        envelope = envelopes.Envelope.stamp(
            0,
            self._clock.now,
            message['priority'],
            message['publisher_id'],
            message['event_type'],
            message['payload'],
            {'timestamp': message['timestamp']},
        )
        self._apply([self._handler.handle(envelope)])

    def read(self, count: int | None = None) -> None:
        """Read that many of the things that are dirty, or all there are."""
        left = -1 if count is None else count
        while left and (self._dirty or count is None):
            if not self._dirty:
                if not self._settling:
                    return
                self._dirty, self._settling = self._settling, {}
            key = next(iter(self._dirty))
            del self._dirty[key]
            fence = self.model.fence()
            self._apply(
                reconcile.read_mutations(
                    self.model, self._shown(key), fence, 1.0
                )
            )
            left -= 1

    def _apply(self, mutations: typing.Any) -> None:
        for verdict in self.model.apply(mutations):
            self._dirty.update(dict.fromkeys(verdict.reread))
            self._settling.update(dict.fromkeys(verdict.settling))

    def _shown(self, key: schema.ElementKey) -> reconcile.Reading:
        if key.key != schema.EVERY:
            element = self._after.get(key)
            if element is None:
                return reconcile.Reading(absent=(key,))
            return reconcile.Reading((element,))
        elements = tuple(
            element
            for known, element in self._after.items()
            if known.kind is key.kind
        )
        return reconcile.Reading(elements, every=(key.kind,))

    def differences(self) -> list[str]:
        """Return what the model has otherwise than the truth."""
        true = live_model.LiveModel(self._after.values()).graph
        shown = self.model.graph
        found = [
            f'{vertex}: {shown.nodes.get(vertex)} not {true.nodes.get(vertex)}'
            for vertex in sorted({*shown, *true})
            if shown.nodes.get(vertex) != true.nodes.get(vertex)
        ]
        edges = {tuple(map(str, each)) for each in true.edges(data='relation')}
        found += [
            f'edge {edge}'
            for edge in sorted(
                edges
                ^ {
                    tuple(map(str, each))
                    for each in shown.edges(data='relation')
                }
            )
        ]
        return found + clauses.inconsistencies(self.model)


def disordered(
    messages: collections.abc.Iterable[Message], rng: random.Random
) -> list[Message]:
    """Return the messages in an order in which they may come, some twice.

    What one publisher says of one thing keeps its order, unless it comes for
    the second time.
    """
    delay = rng.choice(_DELAYS)
    repeated = rng.choice((0.0, 0.1, 0.5))
    came: dict[tuple[str, str], float] = collections.defaultdict(float)
    order = []
    for number, message in enumerate(messages):
        stream = message['publisher_id'], _about(message)
        at = _moment(message) + rng.expovariate(1 / delay)
        came[stream] = at = max(at, came[stream])
        order.append((at, number, message))
        if rng.random() < repeated:
            again = at + rng.expovariate(1 / delay)
            order.append((again, number, message))
    order.sort(key=lambda each: each[:2])
    return [message for _at, _number, message in order]


def _about(message: Message) -> str:
    payload = message['payload']
    data = payload.get('nova_object.data', payload)
    return next((str(data[name]) for name in _ABOUT if name in data), '')


def _moment(message: Message) -> float:
    moment = datetime.datetime.fromisoformat(message['timestamp'])
    return moment.replace(tzinfo=datetime.UTC).timestamp()


def replay(step: Step, rng: random.Random | None) -> list[str]:
    """Replay a step, in some disorder if there is one; return what is wrong.

    Without randomness all is read in the end only.
    """
    topics = rng.choice(_FORMATS) if rng else _FORMATS[0]
    stage = Replay(step, _UNTOLD if topics == _LEGACY else frozenset())
    messages = [m for m in step.messages if m['topic'] in topics]
    if rng:
        messages = disordered(messages, rng)
    eager = rng.choice((0.0, 0.1, 0.5)) if rng else 0.0
    for message in messages:
        stage.hear(message)
        if rng and rng.random() < eager:
            stage.read(rng.randrange(1, 4))
    stage.read()
    return [f'{step.name}: {each}' for each in stage.differences()]


def attempt(seed: int, runs: int) -> int:
    """Replay in that many disorders; return how many there were.

    :raises AssertionError: if the model becomes something else
    """
    told = [step for step in steps() if step.messages]
    for number in range(runs):
        rng = random.Random(seed * 1_000_003 + number)
        step = told[number % len(told)]
        clauses.none(replay(step, rng))
    return runs

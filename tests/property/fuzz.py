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


"""What nobody should send: a real Nova's messages, damaged.

Each message of the recordings gets fields that are missing, null, of another
type, far too large or hostile, and comes in as any other does.  It has to be
counted once; nothing may be raised; one that cannot be applied leaves the
model as it was, and the model never contradicts itself.
"""

import collections.abc
import copy
import functools
import json
import random
import typing

from cdm_graph.model import change
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from cdm_graph.notification import endpoint as endpoints
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import manager as managers
from cdm_graph.notification.nova import handler as nova_handler
from tests.property import clauses
from tests.property import replay
from tests.support import clock as clocks
from tests.support import recordings

#: Messages for one model.
_EACH: typing.Final = 25
_DEEP: typing.Final = 300


def _deep() -> typing.Any:
    value: typing.Any = 'deep'
    for _ in range(_DEEP):
        value = [value]
    return value


_HOSTILE: typing.Final[tuple[typing.Any, ...]] = (
    None,
    True,
    0,
    -1,
    2**70,
    1e308,
    float('nan'),
    float('inf'),
    '',
    '*',
    'x' * 100_000,
    '\x00',
    '\ud800',
    'zone/nova',
    '../../etc',
    'deleted',
    'MATCH (n) DETACH DELETE n',
    '9999-12-31T23:59:59Z',
    '0001-01-01T00:00:00+23:59',
    '2026-11-22T16:16:00Z',
    [],
    [None],
    ['a', 1],
    {},
    {'nova_object.data': None},
    {'nova_object.data': {}},
    {'a': {'b': 1}},
)


class Target:
    """What the messages come in at: all between the bus and the model."""

    def __init__(self) -> None:
        self.counters = accounting.Accounting()
        self._clock = clocks.FakeClock()
        step = max(replay.steps(), key=lambda each: len(each.before))
        self.model = live_model.LiveModel(
            step.before.values(), clock=self._clock
        )
        self.vertices = tuple(self.model.graph)
        self._manager = managers.NotificationHandlerManager(self.counters)
        self._manager.register(
            nova_handler.NovaNotificationHandler(self, self._clock)
        )
        self._manager.start()
        self._endpoint = endpoints.EventsNotificationEndpoint(
            self._manager, self.counters, self._clock
        )
        self.received = 0
        self._reread: tuple[schema.ElementKey, ...] = ()
        self._has_failed = False

    @property
    def cluster_data_model(self) -> root.ModelRoot:
        return self.model

    def submit(
        self, visitor: mutation.Mutation, envelope: envelopes.Envelope
    ) -> None:
        """Apply a mutation as the writer does."""
        before = clauses.fingerprint(self.model)
        (verdict,) = self.model.apply(
            [visitor], change.Cause(envelope.event_type)
        )
        self.counters.settle(verdict.outcome, verdict.reason)
        if verdict.outcome is not mutation.Outcome.APPLIED:
            assert clauses.fingerprint(self.model) == before
        self._reread = verdict.reread
        self._has_failed = verdict.outcome is mutation.Outcome.FAILED

    def receive(self, message: recordings.Message) -> None:
        """Let a message come in; nothing may be raised."""
        self.received += 1
        self._has_failed = False
        take = getattr(self._endpoint, message['priority'])
        take(
            {},
            message['publisher_id'],
            message['event_type'],
            message['payload'],
            message['metadata'],
        )
        named = _named(message)
        if self._has_failed and named in self.model.get_all_instances():
            # What may have changed is to be known, by a read.
            key = schema.ElementKey(schema.Kind.INSTANCE, str(named))
            assert key in self._reread, message['event_type']

    def check(self) -> None:
        """Show that nothing is lost, and that the model is sound."""
        counters = self.counters.read()
        assert counters.received == counters.accounted == self.received
        clauses.none(clauses.inconsistencies(self.model))
        for element in self.model.elements():
            assert schema.replace(element) == element
        json.dumps(
            [schema.attributes_of(each) for each in self.model.elements()],
            default=str,
        )


def _named(message: recordings.Message) -> str | None:
    """Return the server that a versioned message is about."""
    payload = message['payload']
    data = payload.get('nova_object.data') if type(payload) is dict else None
    named = data.get('uuid') if type(data) is dict else None
    about = message['event_type'].startswith('instance.')
    return named if about and isinstance(named, str) else None


@functools.cache
def _recorded() -> tuple[str, ...]:
    every = [
        *recordings.messages(),
        *(m for step in replay.steps() for m in step.messages[:10]),
    ]
    return tuple(map(json.dumps, every))


def damaged(
    message: recordings.Message,
    rng: random.Random,
    vertices: collections.abc.Sequence[str] = (),
) -> recordings.Message:
    """Return the message with something in it that should not be there."""
    message = copy.deepcopy(message)
    message['metadata'] = {
        'message_id': str(rng.random()),
        'timestamp': message['timestamp'],
    }
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        _damage(message, rng, vertices)
    return message


def _damage(
    message: recordings.Message,
    rng: random.Random,
    vertices: collections.abc.Sequence[str],
) -> None:
    spots = list(_spots(message['payload']))
    where = rng.random()
    if where < 0.03 or not spots:
        message['payload'] = _hostile(rng, vertices)
    elif where < 0.06:
        name = rng.choice(('message_id', 'timestamp'))
        message['metadata'][name] = _hostile(rng, vertices)
    elif where < 0.08:
        message['metadata'] = {}
    else:
        holder, name = rng.choice(spots)
        if rng.random() < 0.2:
            del holder[name]
        else:
            holder[name] = _hostile(rng, vertices)


def _hostile(
    rng: random.Random, vertices: collections.abc.Sequence[str]
) -> typing.Any:
    kind = rng.random()
    if kind < 0.15 and vertices:
        return rng.choice(vertices)
    if kind < 0.2:
        return _deep()
    return copy.deepcopy(rng.choice(_HOSTILE))


def _spots(
    value: typing.Any,
) -> collections.abc.Iterator[tuple[typing.Any, typing.Any]]:
    """Yield whatever can be damaged: what it is in, and its name there."""
    names: typing.Any = ()
    if isinstance(value, dict):
        names = list(value)
    elif isinstance(value, list):
        names = range(len(value))
    for name in names:
        yield value, name
        yield from _spots(value[name])


def attempt(seed: int, runs: int) -> int:
    """Damage that many messages; return how many there were.

    :raises AssertionError: if one of them does harm
    """
    rng = random.Random(seed)
    recorded = _recorded()
    for first in range(0, runs, _EACH):
        target = Target()
        for _ in range(min(_EACH, runs - first)):
            message = json.loads(rng.choice(recorded))
            target.receive(damaged(message, rng, target.vertices))
        target.check()
    return runs

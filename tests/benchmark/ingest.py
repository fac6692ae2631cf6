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

"""From the raw notification to the committed change, beside Watcher."""

import collections
import collections.abc
import time
import typing

from cdm_graph import clock as clocks
from cdm_graph.model import change
from cdm_graph.model import live_model
from cdm_graph.notification import envelope as envelopes
from cdm_graph.simulation import churn
from cdm_graph.simulation import notification
from cdm_graph.simulation.nova import population
from tests.benchmark import clouds
from tests.benchmark import figures
from tests.benchmark import watcher_peer
from tests.support import nova as support

_COUNT: typing.Final = 20_000
_PEER_COUNT: typing.Final = 300
_SEED: typing.Final = 2
_Raw = dict[str, typing.Any]


def run(shown: figures.Figures, hosts: int, instances: int) -> None:
    """Take in what a cloud of that size announces."""
    clock = clocks.SystemClock()
    cloud = population.new_cloud(hosts, instances, _SEED, clock)
    several = clouds.of_cloud(cloud)
    raw = _announced(cloud, clock)
    del cloud
    theirs = _watcher(shown, several, raw)
    shown.show('watcher_notification', theirs * 1e6, 'us')
    model = clouds.model(several)
    # As in a daemon, what is replaced in the model is held by nobody.
    del several
    figures.set_aside()
    ours = _take_in(shown, model, raw)
    shown.show('a_second', 1 / ours, '1/s')
    shown.show('notification', ours * 1e6, 'us')
    shown.show('watcher_over_ours', theirs / ours, 'ratio')


def _announced(cloud: typing.Any, clock: clocks.Clock) -> list[_Raw]:
    """Return what is announced, as oslo.messaging gives it."""
    messages: list[notification.Notification] = []
    happening = churn.Churn(
        cloud,
        messages.append,
        1000.0,
        _SEED,
        clock,
        formats=notification.Format.VERSIONED,
    )
    while len(messages) < _COUNT:
        happening.step()
    return list(map(support.delivered, messages))


def _take_in(
    shown: figures.Figures,
    model: live_model.LiveModel,
    raw: collections.abc.Sequence[_Raw],
) -> float:
    """Return the seconds of CPU that a notification takes."""
    handler = support.new_handler()
    outcomes: collections.Counter[str] = collections.Counter()
    began = time.process_time()
    for number, each in enumerate(raw):
        envelope = envelopes.Envelope.stamp(number, 0.0, **each)
        visitor = handler.handle(envelope)
        (verdict,) = model.apply((visitor,), change.Cause(envelope.event_type))
        outcomes[verdict.outcome.value] += 1
    taken = (time.process_time() - began) / len(raw)
    for outcome, count in sorted(outcomes.items()):
        shown.show(f'outcome_{outcome}', count, '')
    return taken


def _watcher(
    shown: figures.Figures,
    several: collections.abc.Iterable[typing.Any],
    raw: collections.abc.Sequence[_Raw],
) -> float:
    """Return the seconds of CPU that Watcher's handler takes for some.

    It is given those that it knows how to handle, and no others.
    """
    handle = watcher_peer.handler(watcher_peer.model(several))
    figures.set_aside()
    known = [each for each in raw if watcher_peer.handles(each)][:_PEER_COUNT]
    shown.show('watcher_notifications', len(known), '')
    failed = 0
    began = time.process_time()
    for each in known:
        try:
            handle(each)
        except Exception:  # as oslo.messaging does, which logs it
            failed += 1
    taken = (time.process_time() - began) / len(known)
    shown.show('watcher_failed', failed, '')
    return taken

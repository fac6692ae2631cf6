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

import collections.abc
import threading
import typing

import pytest

from cdm_graph.model import mutation
from cdm_graph.notification import accounting
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler as handlers
from cdm_graph.notification import manager as managers
from tests.support import nova

_OUTCOME = mutation.Outcome


class _Observer(handlers.NotificationHandler):
    """Keeps what it is given; fails on what is called so."""

    def __init__(self, publishers: str) -> None:
        self.collector = nova.Nowhere()
        super().__init__(self.collector)
        self._publishers = publishers

    def get_publisher_id(self) -> str:
        return self._publishers

    def handle(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        if envelope.event_type == 'fails':
            raise RuntimeError('a mistake')
        return mutation.Nothing(envelope.event_type)

    @property
    def observed(self) -> list[str]:
        return [each.event_type for _, each in self.collector.submitted]


@pytest.fixture
def counters() -> accounting.Accounting:
    return accounting.Accounting()


Dispatch = collections.abc.Callable[..., None]


@pytest.fixture
def dispatch(counters: accounting.Accounting) -> Dispatch:
    """Return what passes messages to observers, and waits for the end."""

    def run(
        observers: collections.abc.Iterable[_Observer],
        *messages: tuple[str, str, str | None],
    ) -> None:
        manager = managers.NotificationHandlerManager(counters)
        for observer in observers:
            manager.register(observer)
        manager.start()
        for publisher, event_type, message_id in messages:
            manager.dispatch(
                _envelope(counters, publisher, event_type, message_id)
            )

    return run


def _envelope(
    counters: accounting.Accounting,
    publisher: str,
    event_type: str,
    message_id: typing.Any = None,
) -> envelopes.Envelope:
    return envelopes.Envelope.stamp(
        counters.receive(),
        0.0,
        'info',
        publisher,
        event_type,
        {},
        {'message_id': message_id},
    )


def test_observers_get_what_their_publishers_send(dispatch: Dispatch) -> None:
    nova_, cinder = _Observer(r'nova-\w+:'), _Observer('volume')
    dispatch(
        [nova_, cinder],
        ('nova-compute:a', 'one', None),
        ('volume.b', 'two', None),
        ('not-nova-compute:a', 'three', None),
    )
    assert (nova_.observed, cinder.observed) == (['one'], ['two'])


def test_the_order_is_kept(dispatch: Dispatch) -> None:
    observer = _Observer('')
    events = [str(number) for number in range(500)]
    dispatch([observer], *(('p', event, None) for event in events))
    assert observer.observed == events


def test_what_nobody_observes_is_counted_as_ignored(
    dispatch: Dispatch, counters: accounting.Accounting
) -> None:
    """Contract 8."""
    dispatch([_Observer('nova')], ('volume', 'one', None))
    assert counters.read().reasons == {'ignored: nobody observes it': 1}
    assert counters.read().pending == 0


def test_what_is_delivered_twice_is_passed_on_once(
    dispatch: Dispatch, counters: accounting.Accounting
) -> None:
    """Race 5."""
    observer = _Observer('')
    dispatch(
        [observer],
        ('p', 'one', 'id-1'),
        ('p', 'one', 'id-1'),
        ('p', 'one', 'id-2'),
        ('p', 'two', None),
        ('p', 'two', None),
    )
    assert observer.observed == ['one', 'one', 'two', 'two']
    assert counters.read().outcomes['duplicate'] == 1


def test_only_so_many_ids_are_remembered(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(managers, '_IDS_KEPT', 3)
    observer = _Observer('')
    ids = ['a', 'b', 'c', 'd', 'b', 'a']
    dispatch([observer], *(('p', name, name) for name in ids))
    assert observer.observed == ['a', 'b', 'c', 'd', 'a']


def test_a_handler_that_fails_holds_up_neither_others_nor_the_next(
    dispatch: Dispatch, counters: accounting.Accounting
) -> None:
    """Contract 8."""
    failing, other = _Observer('nova'), _Observer('')
    dispatch([failing, other], ('nova', 'fails', None), ('nova', 'one', None))
    assert failing.observed == other.observed == ['one']
    assert counters.read().reasons == {'failed: handler failed': 2}


def test_a_message_for_two_observers_counts_as_two(
    dispatch: Dispatch, counters: accounting.Accounting
) -> None:
    """Contract 8: each of the two mutations has an outcome of its own."""
    first, second = _Observer(''), _Observer('')
    dispatch([first, second], ('p', 'one', None))
    assert counters.read().received == 2
    assert len(first.observed) + len(second.observed) == 2


def test_what_came_before_the_start_is_dispatched_after_it(
    counters: accounting.Accounting,
) -> None:
    manager = managers.NotificationHandlerManager(counters)
    observer = _Observer('')
    manager.dispatch(_envelope(counters, 'p', 'early'))
    manager.register(observer)
    manager.start()
    assert observer.observed == ['early']


def test_too_many_before_the_start_hold_up_the_bus(
    counters: accounting.Accounting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(managers, '_EARLY', 2)
    manager = managers.NotificationHandlerManager(counters)
    observer = _Observer('')
    manager.register(observer)
    events = [str(number) for number in range(5)]

    def deliver() -> None:
        for event in events:
            manager.dispatch(_envelope(counters, 'p', event))

    bus = threading.Thread(target=deliver)
    bus.start()
    bus.join(0.05)
    assert bus.is_alive()
    assert observer.observed == []
    manager.start()
    bus.join(10)
    assert not bus.is_alive()
    assert observer.observed == events


# -- marks ---


def test_a_mark_is_passed_when_all_before_it_is_passed_on(
    counters: accounting.Accounting,
) -> None:
    """Contract 3."""
    manager = managers.NotificationHandlerManager(counters)
    observer = _Observer('')
    manager.register(observer)
    seen: list[list[str]] = []
    manager.mark(lambda: seen.append(observer.observed))
    for event in ('one', 'two'):
        manager.dispatch(_envelope(counters, 'p', event))
    manager.mark(lambda: seen.append(observer.observed))
    manager.dispatch(_envelope(counters, 'p', 'three'))
    manager.mark(lambda: seen.append(observer.observed))
    assert seen == []
    manager.start()
    assert seen == [[], ['one', 'two'], ['one', 'two', 'three']]


def test_a_mark_is_passed_behind_what_fails_or_nobody_observes(
    counters: accounting.Accounting,
) -> None:
    manager = managers.NotificationHandlerManager(counters)
    manager.register(_Observer('nova'))
    pending: list[int] = []
    manager.dispatch(_envelope(counters, 'nova', 'fails'))
    manager.dispatch(_envelope(counters, 'volume', 'one'))
    manager.mark(lambda: pending.append(counters.read().pending))
    manager.start()
    assert pending == [0]


def test_a_mark_is_no_message(counters: accounting.Accounting) -> None:
    """Contract 8."""
    manager = managers.NotificationHandlerManager(counters)
    manager.mark(lambda: None)
    manager.start()
    read = counters.read()
    assert (read.received, read.accounted) == (0, 0)


@pytest.mark.filterwarnings('ignore')
def test_a_mark_that_fails_does_not_end_the_dispatching() -> None:
    manager = managers.NotificationHandlerManager(accounting.Accounting())
    passed: list[int] = []
    manager.mark(lambda: passed.append(1 // 0))
    manager.mark(lambda: passed.append(2))
    manager.start()
    assert passed == [2]

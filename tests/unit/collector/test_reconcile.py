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

"""Merging lists and reads, and the threads that fetch them."""

import collections.abc
import random
import threading
import time
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import reconcile
from cdm_graph.collector import writer as writers
from cdm_graph.model import freshness
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from tests.support import clock as clocks
from tests.support import elements

_KIND = schema.Kind
_OUTCOME = mutation.Outcome
_PATIENCE = 20.0


def _listing(
    *listed: schema.Element,
    hidden: collections.abc.Collection[schema.Element] = (),
    partial: tuple[str, ...] = (),
) -> reconcile.Listing:
    return reconcile.Listing(
        root.ModelRoot(listed), lambda element: element in hidden, partial
    )


def _merge(
    live: root.ModelRoot,
    listing: reconcile.Listing,
    fence: mutation.Fence | None = None,
    share: float = 0.5,
) -> list[mutation.Verdict]:
    fence = live.fence() if fence is None else fence
    return live.apply(reconcile.merge_mutations(live, listing, fence, share))


def _rereads(
    verdicts: collections.abc.Iterable[mutation.Verdict],
) -> set[schema.ElementKey]:
    return {key for verdict in verdicts for key in verdict.reread}


# -- merging a list ---


def test_a_list_fills_an_empty_model() -> None:
    listed = [elements.node(1), elements.hosted(2, elements.node(1))]
    live = root.ModelRoot()
    verdicts = _merge(live, _listing(*listed))
    assert {verdict.outcome for verdict in verdicts} == {_OUTCOME.APPLIED}
    assert set(live.graph) == set(root.ModelRoot(listed).graph)


def test_a_list_of_what_is_known_changes_nothing() -> None:
    """Contract 2: no drift, no change."""
    listed = [elements.node(1), elements.hosted(2, elements.node(1))]
    live = root.ModelRoot(listed)
    sequence = live.sequence
    verdicts = _merge(live, _listing(*listed))
    assert {verdict.outcome for verdict in verdicts} == {_OUTCOME.DUPLICATE}
    assert live.sequence == sequence


def test_what_differs_becomes_as_listed() -> None:
    """Contract 2, race 6."""
    live = root.ModelRoot([elements.instance(1)])
    _merge(live, _listing(elements.instance(1, name='true')))
    assert live.get_instance_by_uuid(elements.uuid(1)).name == 'true'


def test_what_was_touched_since_the_fence_is_read() -> None:
    """Contract 1, race 1 and 13."""
    live = root.ModelRoot([elements.instance(1), elements.instance(2)])
    fence = live.fence()
    newer = elements.instance(1, name='newer')
    live.apply([mutation.Put(newer)])
    verdicts = _merge(
        live,
        _listing(elements.instance(1), elements.instance(2, name='listed')),
        fence,
    )
    assert _rereads(verdicts) == {schema.key_of(newer)}
    assert live.get_instance_by_uuid(newer.uuid) == newer
    assert live.get_instance_by_uuid(elements.uuid(2)).name == 'listed'


def test_a_row_of_what_was_deleted_meanwhile_does_not_bring_it_back() -> None:
    """Contract 5, race 1: the page was read before the deletion."""
    instance = elements.instance(1)
    live = root.ModelRoot([instance])
    fence = live.fence()
    live.apply([mutation.Deletion(schema.key_of(instance))])
    verdicts = _merge(live, _listing(instance), fence)
    assert len(live) == 0
    assert _rereads(verdicts) == {schema.key_of(instance)}


@pytest.mark.parametrize(
    'missing',
    [
        elements.instance(1),
        elements.node(1),
        elements.aggregate(1),
        elements.group(1),
        elements.flavor('small'),
    ],
)
def test_what_is_missing_is_read_and_not_deleted(
    missing: schema.Element,
) -> None:
    """Rule 4; race 14: paging moved."""
    live = root.ModelRoot([missing])
    verdicts = _merge(live, _listing())
    assert [verdict.reason for verdict in verdicts] == ['suspect']
    assert _rereads(verdicts) == {schema.key_of(missing)}
    assert live.find(missing.kind, schema.key_of(missing).key) == missing


@pytest.mark.parametrize(
    'created',
    [elements.node(1), elements.aggregate(1), elements.group(1)],
)
def test_what_came_to_be_after_its_list_is_not_deleted(
    created: schema.Element,
) -> None:
    """Race 16."""
    live = root.ModelRoot()
    fence = live.fence()
    live.apply([mutation.Put(created)])
    verdicts = _merge(live, _listing(), fence)
    assert live.find(created.kind, elements.uuid(1)) == created
    assert _rereads(verdicts) == {schema.key_of(created)}


def test_what_could_not_be_observed_stays_as_it_is() -> None:
    """Race 14: a cell is down."""
    instance = elements.instance(1)
    live = root.ModelRoot([instance])
    verdicts = _merge(live, _listing(hidden=[instance], partial=('why',)))
    assert verdicts == []
    assert live.elements() == (instance,)


def test_what_is_implied_is_neither_listed_nor_missing() -> None:
    live = root.ModelRoot([elements.instance(1, project_id='red')])
    _merge(live, _listing(elements.instance(1, project_id='blue')))
    assert set(live.get_all(_KIND.PROJECT)) == {'project/blue'}


@pytest.mark.parametrize(
    ('known', 'listed', 'share', 'refused'),
    [
        (20, 0, 0.5, False),
        (21, 0, 0.5, True),
        (21, 0, 1.0, False),
        (100, 50, 0.5, False),
        (100, 49, 0.5, True),
        (100, 79, 0.0, True),
        (100, 80, 0.0, False),
    ],
)
def test_a_list_that_lacks_too_much_is_refused(
    known: int, listed: int, share: float, refused: bool
) -> None:
    """Rule 4 of the design."""
    live = root.ModelRoot(elements.instance(n) for n in range(known))
    listing = _listing(*(elements.instance(n) for n in range(listed)))
    if refused:
        with pytest.raises(
            exceptions.MassDeletionRefused, match='deletion_share'
        ):
            _merge(live, listing, share=share)
    else:
        assert len(_rereads(_merge(live, listing, share=share))) == (
            known - listed
        )
    assert len(live) == known


def test_what_is_not_observed_does_not_count_as_missing() -> None:
    instances = [elements.instance(n) for n in range(50)]
    live = root.ModelRoot(instances)
    _merge(live, _listing(hidden=instances))
    assert len(live) == 50


# -- merging a read ---


def _read(
    live: root.ModelRoot,
    reading: reconcile.Reading,
    fence: mutation.Fence | None = None,
) -> list[mutation.Verdict]:
    fence = live.fence() if fence is None else fence
    return live.apply(reconcile.read_mutations(live, reading, fence))


def test_a_read_of_every_element_of_a_kind_tells_what_is_gone() -> None:
    live = root.ModelRoot(
        [elements.node(1), elements.node(2), elements.instance(3)]
    )
    _read(
        live,
        reconcile.Reading(
            (elements.node(2, status='disabled'), elements.node(4)),
            every=_KIND.COMPUTE_NODE,
        ),
    )
    assert set(live.get_all_compute_nodes()) == {
        elements.uuid(2),
        elements.uuid(4),
    }
    assert live.get_node_by_name('node-2').status == 'disabled'
    assert elements.uuid(3) in live.graph


def test_a_read_of_one_element_tells_of_no_other() -> None:
    live = root.ModelRoot([elements.instance(1), elements.instance(2)])
    _read(live, reconcile.Reading((elements.instance(1, name='true'),)))
    assert len(live) == 2
    _read(
        live,
        reconcile.Reading(absent=(schema.key_of(elements.instance(1)),)),
    )
    assert set(live.get_all_instances()) == {elements.uuid(2)}


def test_a_read_in_pages_that_shift_makes_the_others_suspects() -> None:
    """Race 14: nobody is believed to be gone because of a page."""
    live = root.ModelRoot(
        [elements.group(1), elements.group(2), elements.group(3)]
    )
    reading = reconcile.Reading(
        (elements.group(2),),
        suspect=_KIND.SERVER_GROUP,
        is_hidden=lambda element: element == elements.group(3),
    )
    verdicts = _read(live, reading)
    assert len(live) == 3
    assert _rereads(verdicts) == {schema.key_of(elements.group(1))}


def test_what_a_read_of_all_cannot_tell_of_stays() -> None:
    """Race 14: a cell is down."""
    live = root.ModelRoot([elements.node(1)])
    reading = reconcile.Reading(
        every=_KIND.COMPUTE_NODE, is_hidden=lambda _element: True
    )
    assert _read(live, reading) == []
    assert len(live.get_all_compute_nodes()) == 1


def test_a_node_that_came_during_the_read_of_all_is_read() -> None:
    live = root.ModelRoot([elements.node(1)])
    fence = live.fence()
    live.apply([mutation.Put(elements.node(2))])
    verdicts = _read(
        live,
        reconcile.Reading((elements.node(1),), every=_KIND.COMPUTE_NODE),
        fence,
    )
    assert len(live.get_all_compute_nodes()) == 2
    assert _rereads(verdicts) == {schema.key_of(elements.node(2))}


# -- with threads ---


class _Memory:
    """A source whose cloud is a dict; it can fail, and can be held up."""

    def __init__(self) -> None:
        self.cloud: dict[schema.ElementKey, schema.Element] = {}
        self.errors: list[Exception] = []
        self.gate = threading.Event()
        self.gate.set()
        self.lists = 0
        self.reads: list[schema.ElementKey] = []
        self.at_once = 0
        self.most_at_once = 0
        self.partial: tuple[str, ...] = ()

    def put(self, *several: schema.Element) -> None:
        self.cloud.update((schema.key_of(each), each) for each in several)

    def _ask(self) -> None:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            assert self.gate.wait(_PATIENCE)
            if self.errors:
                raise self.errors.pop(0)
        finally:
            self.at_once -= 1

    def list_all(self) -> reconcile.Listing:
        self.lists += 1
        listed = list(self.cloud.values())
        self._ask()
        return _listing(*listed, partial=self.partial)

    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        self.reads.append(key)
        self._ask()
        element = self.cloud.get(key)
        if element is None:
            return reconcile.Reading(absent=(key,))
        return reconcile.Reading((element,))


class _Impatient(clocks.FakeClock):
    """Its time to wait for something has always just come."""

    def time(self) -> float:
        self.now += 1000
        return self.now

    def monotonic(self) -> float:
        self.now += 1000
        return self.now


class _Rig:
    """Refresher and synchronizer on a source in memory."""

    def __init__(self) -> None:
        clock = _Impatient()
        self.source = _Memory()
        self.model = root.ModelRoot(clock=clock)
        self.dirty = dirty_sets.DirtySet(clock, 0.0, 0.0)
        self.writer = writers.ModelWriter(
            self.model, self.dirty, accounting.Accounting(), clock
        )
        self.share = 0.5
        common: dict[str, typing.Any] = {
            'longest_delay': 1.0,
            'jitter': random.Random(1),
        }
        self.synchronizer = reconcile.Synchronizer(
            self.source.list_all,
            self.model,
            self.writer,
            self.dirty,
            clock,
            deletion_share=lambda: self.share,
            **common,
        )
        self.refresher = reconcile.Refresher(
            self.source,
            self.model,
            self.writer,
            self.dirty,
            threads=2,
            **common,
        )

    def start(self) -> None:
        self.writer.start()
        self.synchronizer.start()
        self.refresher.start()

    def stop(self) -> None:
        self.source.gate.set()
        self.synchronizer.stop()
        self.refresher.stop()
        self.writer.stop()

    def synchronize(self) -> None:
        ticket = self.synchronizer.request('a test')
        assert self.synchronizer.wait(ticket, _PATIENCE)

    def settle(self, key: schema.ElementKey) -> None:
        """Wait until an element was read."""
        assert self.dirty.wait_until_clean([key], _PATIENCE)


def _eventually(holds: collections.abc.Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def rig() -> collections.abc.Iterator[_Rig]:
    rig = _Rig()
    rig.start()
    yield rig
    rig.stop()


def test_a_synchronize_makes_the_model_ready(rig: _Rig) -> None:
    rig.source.put(elements.node(1), elements.hosted(2, elements.node(1)))
    assert rig.model.freshness.readiness is freshness.Readiness.NOT_READY
    rig.synchronize()
    assert rig.model.freshness.readiness is freshness.Readiness.READY
    assert len(rig.model.get_node_instances(elements.node(1))) == 1
    report = rig.synchronizer.report
    assert report is not None
    # The first one corrects nothing: it fills.
    assert (report.drift, report.elements) == ({}, 3)


def test_drift_is_what_a_synchronize_had_to_correct(rig: _Rig) -> None:
    rig.source.put(
        elements.instance(1), elements.instance(2), elements.flavor('a')
    )
    rig.synchronize()
    rig.source.cloud.clear()
    rig.source.put(elements.instance(2, name='true'), elements.instance(3))
    rig.synchronize()
    report = rig.synchronizer.report
    assert report is not None
    assert report.drift == {
        'differs Instance': 1,
        'missed Instance': 1,
        'gone Instance': 1,
        'gone Flavor': 1,
    }
    assert set(rig.model.graph) == {elements.uuid(2), elements.uuid(3)}


def test_a_synchronize_whose_suspects_are_unread_is_not_complete(
    rig: _Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 2, rule 5."""
    monkeypatch.setattr(reconcile, '_READS_TIMEOUT', 0.3)
    rig.source.put(elements.instance(1))
    rig.synchronize()
    before = rig.model.freshness.synchronized_at
    rig.source.cloud.clear()

    def fail(_key: schema.ElementKey) -> reconcile.Reading:
        raise exceptions.CloudUnavailable('away')

    monkeypatch.setattr(rig.source, 'read', fail)
    rig.synchronize()
    shown = rig.model.freshness
    assert shown.synchronized_at == before
    assert shown.partial == ('1 suspects are still to be read',)
    assert shown.readiness is freshness.Readiness.PARTIAL


def test_what_came_before_the_first_list_holds_nobody_up(
    rig: _Rig,
) -> None:
    rig.model.apply([mutation.Put(elements.instance(1))])
    rig.source.put(elements.instance(2))
    rig.synchronize()
    assert set(rig.model.graph) == {elements.uuid(2)}
    assert rig.model.freshness.partial == ()


def test_a_synchronize_ends_when_the_suspects_were_read(rig: _Rig) -> None:
    """Contract 2: then the model equals the cloud."""
    rig.source.put(*(elements.instance(n) for n in range(10)))
    rig.synchronize()
    rig.source.cloud.clear()
    rig.synchronize()
    assert len(rig.model) == 0


@pytest.mark.parametrize(
    'error', [exceptions.CloudUnavailable('It is away.'), KeyError('a bug')]
)
def test_the_last_good_model_stays_when_a_list_fails(
    rig: _Rig, error: Exception
) -> None:
    """Contract 9; rule 4 of the design."""
    rig.source.put(elements.instance(1))
    rig.synchronize()
    synchronized_at = rig.model.freshness.synchronized_at
    sequence = rig.model.sequence
    rig.source.gate.clear()
    rig.source.errors = [error] * 2
    ticket = rig.synchronizer.request('a test')
    _eventually(lambda: rig.source.at_once == 1)
    rig.source.gate.set()
    rig.source.gate.clear()
    _eventually(lambda: rig.synchronizer.health.failures >= 1)
    assert rig.synchronizer.health.last_error == str(error)
    assert rig.synchronizer.health.retry_at is not None
    assert rig.model.sequence == sequence
    assert rig.model.freshness.synchronized_at == synchronized_at
    rig.source.gate.set()
    assert rig.synchronizer.wait(ticket, _PATIENCE)
    assert rig.synchronizer.health == reconcile.SourceHealth()
    freshness_now = rig.model.freshness.synchronized_at
    assert freshness_now is not None
    assert synchronized_at is not None
    assert freshness_now > synchronized_at


def test_a_list_that_lacks_too_much_changes_nothing(rig: _Rig) -> None:
    rig.source.put(*(elements.instance(n) for n in range(30)))
    rig.synchronize()
    rig.source.cloud.clear()
    ticket = rig.synchronizer.request('a test')
    _eventually(lambda: rig.synchronizer.health.failures > 1)
    assert 'deletion_share' in (rig.synchronizer.health.last_error or '')
    assert len(rig.model) == 30
    rig.share = 1.0
    assert rig.synchronizer.wait(ticket, _PATIENCE)
    assert len(rig.model) == 0


def test_a_partial_list_says_so(rig: _Rig) -> None:
    rig.source.partial = ('a cell is down',)
    rig.synchronize()
    assert rig.model.freshness.readiness is freshness.Readiness.PARTIAL
    report = rig.synchronizer.report
    assert report is not None
    assert report.partial == ('a cell is down',)


def test_lists_do_not_overlap_and_a_request_meanwhile_leads_to_another(
    rig: _Rig,
) -> None:
    rig.source.gate.clear()
    first = rig.synchronizer.request('first')
    _eventually(lambda: rig.source.lists == 1)
    rig.source.put(elements.instance(1))
    later = [rig.synchronizer.request(f'later {n}') for n in range(3)]
    assert not rig.synchronizer.wait(first, 0)
    rig.source.gate.set()
    assert rig.synchronizer.wait(later[-1], _PATIENCE)
    assert rig.source.lists == 2
    assert rig.source.most_at_once == 1
    assert len(rig.model) == 1


def test_waiting_ends_when_it_is_stopped(rig: _Rig) -> None:
    rig.source.gate.clear()
    ticket = rig.synchronizer.request('a test')
    threading.Timer(0.05, rig.synchronizer.stop).start()
    assert not rig.synchronizer.wait(ticket, _PATIENCE)


def test_what_is_dirty_is_read(rig: _Rig) -> None:
    rig.source.put(elements.instance(1))
    key = schema.key_of(elements.instance(1))
    rig.dirty.add([key])
    rig.settle(key)
    assert rig.model.elements() == (elements.instance(1),)
    del rig.source.cloud[key]
    rig.dirty.add([key])
    rig.settle(key)
    assert len(rig.model) == 0


@pytest.mark.parametrize(
    'error', [exceptions.CloudUnavailable('It is away.'), KeyError('a bug')]
)
def test_a_read_that_fails_is_repeated_until_it_succeeds(
    rig: _Rig, error: Exception
) -> None:
    """Contract 9."""
    rig.source.put(elements.instance(1))
    rig.source.errors = [error] * 3
    key = schema.key_of(elements.instance(1))
    rig.dirty.add([key])
    rig.settle(key)
    assert rig.source.reads == [key] * 4
    assert len(rig.model) == 1


def test_what_changes_while_it_is_read_is_read_again(rig: _Rig) -> None:
    """Contract 1, race 13."""
    key = schema.key_of(elements.instance(1))
    rig.source.put(elements.instance(1, name='old'))
    rig.source.gate.clear()
    rig.dirty.add([key])
    _eventually(lambda: rig.source.at_once == 1)
    told = elements.instance(1, name='told', updated_at=elements.moment(5))
    rig.writer.submit_read([mutation.Put(told)], 'a hint').result(_PATIENCE)
    rig.source.gate.set()
    _eventually(lambda: len(rig.source.reads) == 2)
    rig.settle(key)
    assert rig.source.reads == [key] * 2


def test_elements_are_read_by_several_threads(rig: _Rig) -> None:
    keys = [schema.key_of(elements.instance(n)) for n in range(6)]
    rig.source.gate.clear()
    rig.dirty.add(keys)
    _eventually(lambda: rig.source.at_once == 2)
    rig.source.gate.set()
    assert rig.dirty.wait_until_clean(keys, _PATIENCE)
    assert sorted(rig.source.reads) == sorted(keys)
    assert rig.source.most_at_once == 2

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

"""What a live model has beside the graph: holding it, and asking it."""

import collections.abc
import threading
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.model import answer
from cdm_graph.model import change
from cdm_graph.model import freshness
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from tests.support import clock as clocks
from tests.support import elements


def test_nothing_changes_while_it_is_held() -> None:
    model = live_model.LiveModel([elements.node(1)])
    told: list[int] = []

    def listen(changes: collections.abc.Sequence[change.Change]) -> None:
        told.extend(each.sequence for each in changes)

    model.subscribe(listen)
    writing = threading.Thread(
        target=model.apply, args=([mutation.Put(elements.node(2))],)
    )
    with model.hold():
        sequence = model.sequence
        writing.start()
        writing.join(0.05)
        assert writing.is_alive()
        assert (model.sequence, told) == (sequence, [])
        assert model.snapshot(read_only=True).sequence == sequence
    writing.join(10)
    assert model.sequence > sequence
    assert told[-1] == model.sequence


def test_it_is_let_go_after_an_error() -> None:
    model = live_model.LiveModel()
    with pytest.raises(ZeroDivisionError), model.hold():
        1 / 0  # noqa: B018
    writing = threading.Thread(
        target=model.apply, args=([mutation.Put(elements.node(2))],)
    )
    writing.start()
    writing.join(10)
    assert len(model) == 2


def test_what_is_recalled_is_stale_until_a_synchronize(
    clock: clocks.FakeClock,
) -> None:
    model = live_model.LiveModel([elements.node(1)], clock=clock)
    model.mark_recalled(clock.time() - 60)
    shown = model.freshness
    assert shown.readiness is freshness.Readiness.STALE
    assert shown.as_of == clock.time() - 60
    assert shown.age == 60
    assert model.synchronized_at is None
    snapshot = model.snapshot()
    assert snapshot.freshness.readiness is freshness.Readiness.STALE
    model.mark_partial(['a cell is down'])
    assert model.freshness.readiness is freshness.Readiness.STALE
    model.mark_synchronized(clock.time())
    assert model.freshness.readiness is freshness.Readiness.READY
    assert model.freshness.recalled_at is None
    assert model.freshness.age == 0


def test_a_question_is_asked_of_what_mirrors_the_model() -> None:
    model = live_model.LiveModel([elements.node(1)])
    asked: list[tuple[typing.Any, ...]] = []
    found = answer.Answer(('a',), ((1,),))

    def ask(*question: typing.Any) -> answer.Answer:
        asked.append(question)
        return found

    model.answer_with(ask)
    assert model.query('blast-radius', host='a', text='b') is found
    assert model.query('MATCH', current=False) is found
    assert asked == [
        ('blast-radius', {'host': 'a', 'text': 'b'}, model.sequence),
        # Whatever it has.
        ('MATCH', {}, None),
    ]


def test_a_question_about_a_stale_model_waits_for_nothing() -> None:
    model = live_model.LiveModel([elements.node(1)])
    model.mark_recalled(5.0)
    asked: list[tuple[typing.Any, ...]] = []
    model.answer_with(
        lambda *question: asked.append(question) or answer.Answer((), ())
    )
    model.query('MATCH')
    assert asked == [('MATCH', {}, None)]


def test_without_a_mirror_there_is_no_answer() -> None:
    with pytest.raises(exceptions.StoreUnavailable, match=r'\[store\] name'):
        live_model.LiveModel().query('MATCH (n) RETURN n')

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


import pathlib

import pytest

from cdm_graph import exceptions
from cdm_graph.history import past as pasts
from cdm_graph.history import source
from cdm_graph.model import period as periods
from cdm_graph.model import schema
from cdm_graph.model import scope
from cdm_graph.model import selection as selections
from tests.support import clock as clocks
from tests.support import elements
from tests.support import history

_NODE = elements.node(1, hostname='alpha')
_OTHER = elements.node(2, hostname='beta')
_SERVER = elements.hosted(11, _NODE)


@pytest.fixture
def run(tmp_path: pathlib.Path, clock: clocks.FakeClock) -> history.Run:
    return history.Run(tmp_path / 'history.sqlite', clock)


def test_the_last_ones_are_told_the_oldest_first(run: history.Run) -> None:
    run.fill().flavor(*'abcd')
    found = run.past.latest(history.ALL, history.EVER, 2)
    assert [entry.change.key.key for entry in found.entries] == ['c', 'd']
    assert found.has_more
    assert found.began_at == clocks.EPOCH
    assert not run.past.latest(history.ALL, history.EVER, 4).has_more


def test_only_gaps_of_the_time_that_is_asked_for_are_told(
    run: history.Run, tmp_path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run.fill().flavor('a')
    run.end()
    clock.advance(10)
    again = history.Run(tmp_path / 'history.sqlite', clock).fill()
    again.recorder.step()
    clock.advance(10)
    gap = (clocks.EPOCH + 1, clocks.EPOCH + 11, source.Reason.AWAY)
    for period, gaps in (
        (history.EVER, (gap,)),
        (periods.Period(clocks.EPOCH + 11, None), ()),
        (periods.Period(None, clocks.EPOCH + 1), ()),
    ):
        assert again.past.latest(history.ALL, period, 9).gaps == gaps


def test_what_is_different_is_one_change_of_an_element(
    run: history.Run, clock: clocks.FakeClock
) -> None:
    run.fill(_NODE, _OTHER, _SERVER)
    since = clock.now
    clock.advance(1)
    run.put(schema.replace(_SERVER, name='passing'))
    run.put(schema.replace(_SERVER, host=_OTHER.service_host, node='beta'))
    run.put(elements.instance(12))
    run.delete(elements.instance(12))
    found = run.past.difference(history.ALL, periods.Period(since))
    (each,) = found.changes
    assert each.before == _SERVER
    assert each.after == schema.replace(
        _SERVER, host=_OTHER.service_host, node='beta'
    )
    assert found.is_complete
    # It is chosen by what it was and is, not by what it was in between.
    for host, count in (('alpha', 1), ('beta', 1), ('gamma', 0)):
        chosen = selections.Selection(host=host)
        found = run.past.difference(chosen, periods.Period(since))
        assert len(found.changes) == count
    passing = selections.Selection(element='passing')
    assert not run.past.difference(passing, periods.Period(since)).changes


def test_what_is_not_known_is_not_compared(
    run: history.Run, clock: clocks.FakeClock
) -> None:
    clock.advance(5)
    run.fill(_NODE)
    began_at = clock.now
    clock.advance(5)
    assert run.past.difference(history.ALL, periods.Period(began_at)) == (
        [],
        began_at,
        (),
        True,
    )
    with pytest.raises(
        exceptions.HistoryTooShort,
        match='does not reach back that far: changes are known since 2027',
    ):
        run.past.difference(history.ALL, periods.Period(began_at - 1))


def test_over_a_gap_a_difference_may_lack_something(
    run: history.Run, tmp_path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run.fill().flavor('a')
    run.end()
    clock.advance(10)
    again = history.Run(tmp_path / 'history.sqlite', clock).fill()
    clock.advance(10)
    again.flavor('b')
    again.recorder.step()
    found = again.past.difference(
        history.ALL, periods.Period(clocks.EPOCH, clock.now)
    )
    assert [each.key.key for each in found.changes] == ['b', 'a']
    assert not found.is_complete
    since = periods.Period(clocks.EPOCH + 11)
    assert again.past.difference(history.ALL, since).is_complete


def test_who_asks_gives_way_to_others(
    run: history.Run, pauses: list[None]
) -> None:
    since = periods.Period(clocks.EPOCH)
    run.fill().flavor(*'abc')
    for written in range(2):
        for past in (run.past, pasts.Past([run.memory])):
            past.latest(history.ALL, history.EVER, 9)
            assert len(pauses) == 3, written
            pauses.clear()
            past.difference(history.ALL, since)
            # Each change, and each sum of changes.
            assert len(pauses) == 6, written
            pauses.clear()
        run.recorder.step()


def test_where_the_file_cannot_be_read_memory_answers(
    run: history.Run, tmp_path: pathlib.Path
) -> None:
    told: list[str] = []
    past = pasts.Past([run.file, run.memory], told.append)
    run.fill().flavor('a', 'b')
    run.recorder.finish()
    (tmp_path / 'history.sqlite').write_text('x' * 9000)
    found = past.latest(history.ALL, history.EVER, 9)
    assert [entry.change.key.key for entry in found.entries] == ['a', 'b']
    assert 'not a database' in told[0]


def test_only_what_may_be_seen_is_told(
    run: history.Run, clock: clocks.FakeClock
) -> None:
    mine = elements.hosted(21, _NODE, project_id='red')
    theirs = elements.hosted(22, _NODE, project_id='blue')
    run.fill(_NODE, _OTHER, mine, theirs)
    since = periods.Period(clock.now)
    clock.advance(1)
    moved = {'node': 'beta', 'host': _OTHER.service_host}
    mine = schema.replace(mine, vm_state='stopped')
    run.put(mine, schema.replace(theirs, vm_state='stopped'))
    run.put(schema.replace(mine, **moved))
    run.put(schema.replace(_NODE, status='disabled'))
    run.recorder.step()
    red = scope.ProjectScope('red')
    for past in (run.past, pasts.Past([run.memory])):
        found = past.latest(history.ALL, history.EVER, 1, red)
        [entry] = found.entries
        assert entry.change.key == schema.key_of(mine)
        assert not found.has_more
        [shown] = past.difference(history.ALL, since, red).changes
        for each in (entry.change, shown):
            assert isinstance(each.before, schema.Instance)
            assert isinstance(each.after, schema.Instance)
            assert each.before.node is each.after.node is None
            assert each.after.vm_state == 'stopped'
        for chosen in (
            selections.Selection(host='alpha'),
            selections.Selection(project='blue'),
            selections.Selection(element=theirs.uuid),
        ):
            assert not past.latest(chosen, history.EVER, 9, red).entries
            assert not past.difference(chosen, since, red).changes

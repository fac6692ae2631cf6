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

"""The rules by which a source may be believed, case by case."""

import collections.abc
import dataclasses
import datetime
import typing

import pytest

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import clock as clocks
from tests.support import elements

_KIND = schema.Kind
_OUTCOME = mutation.Outcome
_KEY = schema.ElementKey(_KIND.INSTANCE, elements.uuid(1))
_EVERY_NODE = schema.ElementKey(_KIND.COMPUTE_NODE, schema.EVERY)

Facts = dict[str, typing.Any]


def _hint(seconds: int | None, **others: typing.Any) -> mutation.Hint:
    """Return a hint whose version is that many seconds after the row's."""
    version = None if seconds is None else elements.moment(seconds)
    facts = dict(others.pop('facts', {}))
    if version is not None:
        facts['updated_at'] = version
    return mutation.Hint(
        key=_KEY,
        facts=facts,
        sent_at=others.pop('sent_at', elements.moment(1000)),
        version=version,
        **others,
    )


def _known(**facts: typing.Any) -> live_model.LiveModel:
    return live_model.LiveModel([elements.instance(1, **facts)])


def _instance(model: live_model.LiveModel) -> schema.Instance:
    return model.get_instance_by_uuid(elements.uuid(1))


@dataclasses.dataclass(frozen=True)
class _Case:
    """A hint about an instance that is active on host a, and its end."""

    hint: mutation.Hint
    outcome: mutation.Outcome
    reread: bool
    changed: Facts = dataclasses.field(default_factory=dict)
    settling: bool = False


_MOVED: typing.Final = {'host': 'b'}
_STOPPED: typing.Final = {'vm_state': 'stopped'}
_CASES: typing.Final = {
    'newer facts are applied': _Case(
        _hint(5, facts=_MOVED),
        _OUTCOME.APPLIED,
        False,
        {'host': 'b', 'updated_at': elements.moment(5)},
    ),
    'a newer version alone is applied': _Case(
        _hint(5), _OUTCOME.APPLIED, False, {'updated_at': elements.moment(5)}
    ),
    # Race 12: what is of the same second may be older or newer.
    'equal version, other facts': _Case(
        _hint(0, facts=_MOVED), _OUTCOME.DEFERRED, True
    ),
    'equal version, same facts': _Case(
        _hint(0, facts={'host': 'a'}), _OUTCOME.DUPLICATE, False
    ),
    # Race 2 and 3: an old event after a newer one.
    'older version, other facts': _Case(
        _hint(-5, facts=_MOVED), _OUTCOME.DEFERRED, True
    ),
    # Race 5: the same event again.
    'again': _Case(
        _hint(0, facts={'vm_state': 'active', 'host': 'a'}),
        _OUTCOME.DUPLICATE,
        False,
    ),
    'newer, with a doubt that agrees': _Case(
        _hint(5, facts=_STOPPED, doubts={'host': 'a'}),
        _OUTCOME.APPLIED,
        False,
        {**_STOPPED, 'updated_at': elements.moment(5)},
    ),
    'newer, with a doubt that contradicts': _Case(
        _hint(5, facts=_STOPPED, doubts={'host': 'b'}),
        _OUTCOME.APPLIED,
        True,
        {**_STOPPED, 'updated_at': elements.moment(5)},
    ),
    'equal, with a doubt that contradicts': _Case(
        _hint(0, doubts={'host': 'b'}), _OUTCOME.DEFERRED, True
    ),
    'older, with a doubt that contradicts': _Case(
        _hint(-1, facts={}, doubts={'host': 'b'}), _OUTCOME.DEFERRED, True
    ),
    'read always, nothing new': _Case(
        _hint(0, reread=mutation.Reread.ALWAYS), _OUTCOME.DEFERRED, True
    ),
    'read always, newer': _Case(
        _hint(5, facts=_MOVED, reread=mutation.Reread.ALWAYS),
        _OUTCOME.APPLIED,
        True,
        {'host': 'b', 'updated_at': elements.moment(5)},
    ),
    'read twice, nothing new': _Case(
        _hint(0, reread=mutation.Reread.TWICE),
        _OUTCOME.DEFERRED,
        True,
        settling=True,
    ),
    'read twice, newer': _Case(
        _hint(5, reread=mutation.Reread.TWICE),
        _OUTCOME.APPLIED,
        True,
        {'updated_at': elements.moment(5)},
        settling=True,
    ),
    # Race 9: no host is a value like any other.
    'newer, off its host': _Case(
        _hint(5, facts={'host': None, 'node': None}),
        _OUTCOME.APPLIED,
        False,
        {'host': None, 'node': None, 'updated_at': elements.moment(5)},
    ),
}


@pytest.mark.parametrize('name', _CASES)
def test_a_hint_about_a_known_instance(name: str) -> None:
    case = _CASES[name]
    model = _known(host='a', node='node-a')
    before = _instance(model)
    (verdict,) = model.apply([case.hint])
    assert verdict.outcome is case.outcome
    assert verdict.reread == ((_KEY,) if case.reread else ())
    assert verdict.settling == ((_KEY,) if case.settling else ())
    assert _instance(model) == schema.replace(before, **case.changed)


def test_a_row_without_a_version_gives_way_to_any_hint() -> None:
    model = _known(updated_at=None)
    model.apply([_hint(-100, facts=_MOVED)])
    assert _instance(model).host == 'b'


@pytest.mark.parametrize('seconds', [5, 0, -5])
def test_marks_hold_while_something_is_done_to_the_instance(
    seconds: int,
) -> None:
    """The row in a payload may be of before the work began."""
    model = _known(task_state='migrating')
    model.apply([_hint(seconds, marks={'migrating_to': 'b'})])
    assert _instance(model).migrating_to == 'b'


@pytest.mark.parametrize(
    ('seconds', 'marked'), [(5, True), (0, True), (-5, False)]
)
def test_marks_hold_unless_the_instance_came_to_rest_since(
    seconds: int, marked: bool
) -> None:
    """Races 2 and 3."""
    model = _known(task_state=None)
    (verdict,) = model.apply(
        [
            _hint(
                seconds,
                facts={'task_state': 'migrating'},
                marks={'migrating_to': 'b'},
            )
        ]
    )
    assert _instance(model).migrating_to == ('b' if marked else None)
    assert bool(verdict.reread) == (seconds <= 0)


def test_an_old_mark_does_not_undo_a_later_one() -> None:
    """Race 3."""
    model = _known(task_state='migrating')
    begun = _hint(
        -5, marks={'migrating_to': 'b'}, sent_at=elements.moment(100)
    )
    ended = _hint(
        -5, marks={'migrating_to': None}, sent_at=elements.moment(101)
    )
    model.apply([begun, ended, begun])
    assert _instance(model).migrating_to is None


def test_a_mark_goes_when_the_instance_is_at_rest() -> None:
    model = _known(task_state='migrating', migrating_to='b')
    model.apply([_hint(5, facts={'task_state': None})])
    assert _instance(model).migrating_to is None


def test_a_read_keeps_the_mark_that_no_row_tells() -> None:
    model = _known(task_state='migrating', migrating_to='b')
    row = elements.instance(
        1, task_state='migrating', updated_at=elements.moment(9)
    )
    model.apply([mutation.Observation(row, model.fence())])
    assert _instance(model).migrating_to == 'b'
    row = schema.replace(row, task_state=None)
    model.apply([mutation.Observation(row, model.fence())])
    assert _instance(model).migrating_to is None


# -- unknown elements ---


def test_an_event_that_creates_makes_an_instance_known() -> None:
    model = live_model.LiveModel()
    (verdict,) = model.apply([_hint(1, facts=_MOVED, creates=True)])
    assert verdict == mutation.Verdict(_OUTCOME.APPLIED, 'created')
    assert _instance(model).host == 'b'


def test_an_event_that_does_not_create_makes_it_to_be_read() -> None:
    """Race 8."""
    model = live_model.LiveModel()
    (verdict,) = model.apply([_hint(1, facts=_MOVED)])
    assert verdict.outcome is _OUTCOME.DEFERRED
    assert verdict.reread == (_KEY,)
    assert len(model) == 0


def test_creating_twice_is_harmless() -> None:
    """Race 10: a reschedule sends create.start again."""
    model = live_model.LiveModel()
    start = _hint(1, facts={'vm_state': 'building'}, creates=True)
    outcomes = [model.apply([start])[0].outcome for _ in range(2)]
    assert outcomes == [_OUTCOME.APPLIED, _OUTCOME.DUPLICATE]


# -- tombstones ---


@pytest.mark.parametrize(
    'late',
    [
        _hint(100, facts=_MOVED),
        _hint(100, facts=_MOVED, creates=True),
        _hint(100, reread=mutation.Reread.TWICE),
        mutation.Doubt((_KEY,), 'a doubt'),
    ],
)
def test_nothing_late_brings_a_deleted_instance_back(
    late: mutation.Mutation,
) -> None:
    """Contract 5, race 4."""
    model = _known()
    model.apply([mutation.Deletion(_KEY)])
    (verdict,) = model.apply([late])
    assert verdict == mutation.Verdict(_OUTCOME.STALE, 'deleted before')
    assert len(model) == 0


def test_a_deletion_may_come_before_the_creation() -> None:
    """Contract 1, race 3."""
    model = live_model.LiveModel()
    outcomes = [
        model.apply([each])[0].outcome
        for each in (
            mutation.Deletion(_KEY),
            _hint(1, creates=True),
            mutation.Deletion(_KEY),
        )
    ]
    assert outcomes == [_OUTCOME.APPLIED, _OUTCOME.STALE, _OUTCOME.DUPLICATE]
    assert len(model) == 0


# -- reads ---


def _touch(model: live_model.LiveModel) -> None:
    model.apply([_hint(1, facts=_MOVED, creates=True)])


def _delete(model: live_model.LiveModel) -> None:
    model.apply([mutation.Deletion(_KEY)])


@pytest.mark.parametrize('touch', [_touch, _delete])
@pytest.mark.parametrize('known', [True, False])
@pytest.mark.parametrize('absent', [True, False])
def test_what_was_touched_during_a_read_is_read_again(
    touch: collections.abc.Callable[[live_model.LiveModel], None],
    known: bool,
    absent: bool,
) -> None:
    """Contract 1, race 1 and 13."""
    model = _known() if known else live_model.LiveModel()
    fence = model.fence()
    touch(model)
    elements_before = model.elements()
    showed: mutation.Mutation = mutation.Observation(
        elements.instance(1, name='as read'), fence
    )
    if absent:
        showed = mutation.Absence(_KEY, fence)
    (verdict,) = model.apply([showed])
    assert verdict.outcome is _OUTCOME.DEFERRED
    assert verdict.reread == (_KEY,)
    assert model.elements() == elements_before


def test_an_observation_holds_even_if_its_version_is_older() -> None:
    model = _known(updated_at=elements.moment(50))
    row = elements.instance(1, name='true')
    (verdict,) = model.apply([mutation.Observation(row, model.fence())])
    assert verdict.outcome is _OUTCOME.APPLIED
    assert _instance(model) == row


def test_an_observation_says_whether_it_was_missed_or_differs() -> None:
    model = live_model.LiveModel()
    reasons = [
        model.apply([mutation.Observation(row, model.fence())])[0].reason
        for row in (
            elements.instance(1),
            elements.instance(1, name='other'),
            elements.instance(1, name='other'),
        )
    ]
    assert reasons == ['missed', 'stale attribute', 'unchanged']


def test_an_absence_removes_and_is_done_once() -> None:
    model = _known()
    verdicts = [
        model.apply([mutation.Absence(_KEY, model.fence())])[0]
        for _ in range(2)
    ]
    assert [(each.outcome, each.reason) for each in verdicts] == [
        (_OUTCOME.APPLIED, 'phantom'),
        (_OUTCOME.DUPLICATE, 'known to be gone'),
    ]
    assert len(model) == 0


# -- what has no version ---


def _group_hint(seconds: int, *members: str) -> mutation.Hint:
    return mutation.Hint(
        schema.ElementKey(_KIND.SERVER_GROUP, elements.uuid(4)),
        {'members': members},
        elements.moment(seconds),
        creates=True,
    )


def test_hints_without_a_version_are_ordered_by_their_times() -> None:
    """Race 3, for what Nova gives no version."""
    model = live_model.LiveModel()
    for hint, outcome, members in (
        (_group_hint(5, 'a'), _OUTCOME.APPLIED, ('a',)),
        (_group_hint(9, 'a', 'b'), _OUTCOME.APPLIED, ('a', 'b')),
        (_group_hint(5, 'a'), _OUTCOME.DEFERRED, ('a', 'b')),
        (_group_hint(9, 'a', 'b'), _OUTCOME.DUPLICATE, ('a', 'b')),
        (_group_hint(9, 'c'), _OUTCOME.DEFERRED, ('a', 'b')),
    ):
        (verdict,) = model.apply([hint])
        assert verdict.outcome is outcome
        group = model.get(_KIND.SERVER_GROUP, elements.uuid(4))
        assert isinstance(group, schema.ServerGroup)
        assert group.members == members


# -- services ---


def _service_hint(seconds: int, status: str) -> mutation.ServiceHint:
    return mutation.ServiceHint(
        'host-1', {'status': status}, elements.moment(seconds)
    )


def test_a_service_hint_changes_all_nodes_of_its_host() -> None:
    model = live_model.LiveModel(
        [elements.node(1), elements.node(2, service_host='host-1')]
    )
    (verdict,) = model.apply([_service_hint(1, 'disabled')])
    assert (verdict.outcome, verdict.reread) == (
        _OUTCOME.APPLIED,
        (_EVERY_NODE,),
    )
    states = {n.status for n in model.get_all_compute_nodes().values()}
    assert states == {'disabled'}


@pytest.mark.parametrize('seconds', [1, 0])
def test_an_older_service_hint_is_checked_by_a_read(seconds: int) -> None:
    model = live_model.LiveModel([elements.node(1)])
    model.apply([_service_hint(1, 'disabled')])
    (verdict,) = model.apply([_service_hint(seconds, 'enabled')])
    assert (verdict.outcome, verdict.reread) == (
        _OUTCOME.DEFERRED,
        (_EVERY_NODE,),
    )
    assert model.get_node_by_name('node-1').status == 'disabled'


def test_a_hint_about_an_unknown_host_has_the_nodes_read() -> None:
    """Race 7."""
    (verdict,) = live_model.LiveModel().apply([_service_hint(1, 'disabled')])
    assert (verdict.outcome, verdict.reread) == (
        _OUTCOME.DEFERRED,
        (_EVERY_NODE,),
    )


# -- the others ---


def test_a_doubt_asks_only_for_what_lives() -> None:
    model = _known()
    other = schema.key_of(elements.instance(2))
    model.apply([mutation.Deletion(other)])
    (verdict,) = model.apply(
        [mutation.Doubt((_KEY, other), 'why', mutation.Reread.TWICE)]
    )
    assert verdict == mutation.Verdict(
        _OUTCOME.DEFERRED, 'why', (_KEY,), (_KEY,)
    )


@pytest.mark.parametrize(
    ('visitor', 'verdict'),
    [
        (
            mutation.Nothing('unrelated'),
            mutation.Verdict(_OUTCOME.IGNORED, 'unrelated'),
        ),
        (
            mutation.Failure('malformed', (_KEY,)),
            mutation.Verdict(_OUTCOME.FAILED, 'malformed', (_KEY,)),
        ),
    ],
)
def test_some_write_nothing(
    visitor: mutation.Mutation, verdict: mutation.Verdict
) -> None:
    model = live_model.LiveModel()
    assert model.apply([visitor]) == [verdict]
    assert model.sequence == 0


# -- what has no versions ---


def _group_hint(seconds: float, *members: str) -> mutation.Hint:
    return mutation.Hint(
        schema.key_of(elements.group(4)),
        {'members': members},
        elements.moment(seconds),
        creates=True,
    )


def _members(model: live_model.LiveModel) -> tuple[str, ...]:
    group = model.get(schema.Kind.SERVER_GROUP, elements.uuid(4))
    assert isinstance(group, schema.ServerGroup)
    return group.members


def test_an_old_hint_is_old_also_after_one_that_said_nothing_new() -> None:
    """Contract 1, 4; races 2, 3, 13."""
    model = live_model.LiveModel([elements.group(4, members=('a', 'b'))])
    model.apply([_group_hint(9, 'a', 'b')])
    (verdict,) = model.apply([_group_hint(5, 'a')])
    assert _members(model) == ('a', 'b')
    assert verdict.reread


def test_a_hint_of_before_a_read_is_old() -> None:
    """Race 2."""
    clock = clocks.FakeClock()
    model = live_model.LiveModel(clock=clock)
    group = elements.group(4, members=('a', 'b'))
    model.apply([mutation.Observation(group, model.fence())])
    sent_at = model.fence().moment - datetime.timedelta(seconds=1)
    (verdict,) = model.apply(
        [dataclasses.replace(_group_hint(0, 'a'), sent_at=sent_at)]
    )
    assert _members(model) == ('a', 'b')
    assert verdict.reread


def test_what_a_read_found_absent_is_only_brought_back_by_a_read() -> None:
    """Contract 1, 5; race 4, where nothing announced the deletion."""
    model = live_model.LiveModel()
    model.apply([mutation.Absence(_KEY, model.fence())])
    (verdict,) = model.apply([_hint(1, creates=True)])
    assert (verdict.outcome, verdict.reread) == (_OUTCOME.DEFERRED, (_KEY,))
    (verdict,) = model.apply([mutation.Doubt((_KEY,), 'why')])
    assert verdict.reread == (_KEY,)
    model.apply([mutation.Observation(elements.instance(1), model.fence())])
    assert len(model) == 1


def test_a_hint_that_cannot_be_applied_has_its_element_read() -> None:
    model = _known()
    (verdict,) = model.apply([_hint(5, facts={'vcpus': 'many'})])
    assert (verdict.outcome, verdict.reread) == (_OUTCOME.FAILED, (_KEY,))


@pytest.mark.parametrize('born', [-60, 60])
def test_what_is_said_of_another_row_with_the_key_is_only_read(
    born: int,
) -> None:
    made, uuid = elements.moment(0), elements.uuid(81)
    machine = schema.BaremetalNode(uuid=uuid, name='it', created_at=made)
    model = live_model.LiveModel([machine])
    key = schema.key_of(machine)
    hint = mutation.Hint(
        key,
        {'name': 'another', 'created_at': elements.moment(born)},
        elements.moment(1000),
        version=elements.moment(90),
        born=elements.moment(born),
    )
    (verdict,) = model.apply([hint])
    assert verdict.outcome is _OUTCOME.DEFERRED
    assert verdict.reread == (key,)
    assert model.get(*key) == machine


def test_when_a_row_was_made_need_not_be_told() -> None:
    model = _known(created_at=elements.moment(-60))
    (verdict,) = model.apply([_hint(5, facts={'host': 'b'})])
    assert verdict.outcome is _OUTCOME.APPLIED

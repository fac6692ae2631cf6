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

"""What a list of the cloud, or a read, means for a model."""

import collections.abc

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import reconcile
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import elements

_KIND = schema.Kind
_OUTCOME = mutation.Outcome


def _listing(
    *listed: schema.Element,
    hidden: collections.abc.Collection[schema.Element] = (),
    partial: tuple[str, ...] = (),
    unsure: tuple[schema.ElementKey, ...] = (),
) -> reconcile.Listing:
    return reconcile.Listing(
        {schema.key_of(element).vertex: element for element in listed},
        reconcile.Coverage(lambda element: element in hidden, partial, unsure),
    )


def _merge(
    live: live_model.LiveModel,
    listing: reconcile.Listing,
    fence: mutation.Fence | None = None,
    share: float = 0.5,
) -> list[mutation.Verdict]:
    fence = live.fence() if fence is None else fence
    return live.apply(
        list(reconcile.merge_mutations(live, listing, fence, share))
    )


def _rereads(
    verdicts: collections.abc.Iterable[mutation.Verdict],
) -> set[schema.ElementKey]:
    return {key for verdict in verdicts for key in verdict.reread}


# -- merging a list ---


def test_a_list_fills_an_empty_model() -> None:
    listed = [elements.node(1), elements.hosted(2, elements.node(1))]
    live = live_model.LiveModel()
    verdicts = _merge(live, _listing(*listed))
    assert {verdict.outcome for verdict in verdicts} == {_OUTCOME.APPLIED}
    assert set(live.graph) == set(live_model.LiveModel(listed).graph)


def test_a_list_of_what_is_known_changes_nothing() -> None:
    """Contract 2: no drift, no change."""
    listed = [elements.node(1), elements.hosted(2, elements.node(1))]
    live = live_model.LiveModel(listed)
    sequence = live.sequence
    verdicts = _merge(live, _listing(*listed))
    assert {verdict.outcome for verdict in verdicts} == {_OUTCOME.DUPLICATE}
    assert live.sequence == sequence


def test_what_differs_becomes_as_listed() -> None:
    """Contract 2, race 6."""
    live = live_model.LiveModel([elements.instance(1)])
    _merge(live, _listing(elements.instance(1, name='true')))
    assert live.get_instance_by_uuid(elements.uuid(1)).name == 'true'


def test_what_was_touched_since_the_fence_is_read() -> None:
    """Contract 1, race 1 and 13."""
    live = live_model.LiveModel([elements.instance(1), elements.instance(2)])
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
    live = live_model.LiveModel([instance])
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
    live = live_model.LiveModel([missing])
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
    live = live_model.LiveModel()
    fence = live.fence()
    live.apply([mutation.Put(created)])
    verdicts = _merge(live, _listing(), fence)
    assert live.find(created.kind, elements.uuid(1)) == created
    assert _rereads(verdicts) == {schema.key_of(created)}


@pytest.mark.parametrize('whole', [True, False])
def test_what_a_list_never_showed_is_read_when_an_older_read_shows_it(
    whole: bool,
) -> None:
    """Contract 5, race 20: its page is older than the list's."""
    gone = elements.node(1)
    live = live_model.LiveModel()
    old, fence = live.fence(), live.fence()
    if whole:
        _merge(live, _listing(elements.node(2)), fence)
    else:
        every = reconcile.Reading((elements.node(2),), every=(gone.kind,))
        _read(live, every, fence)
    assert set(live.get_all_compute_nodes()) == {elements.uuid(2)}
    (verdict,) = _read(live, reconcile.Reading((gone,)), old)
    assert _rereads([verdict]) == {schema.key_of(gone)}
    assert set(live.get_all_compute_nodes()) == {elements.uuid(2)}
    _read(live, reconcile.Reading((gone,)))
    assert gone in live.elements()


def test_a_list_that_is_overtaken_by_another_makes_nothing_known() -> None:
    """Contract 5, race 20: a poll reads all nodes, and is merged late."""
    gone = elements.node(1)
    live = live_model.LiveModel()
    old = live.fence()
    _merge(live, _listing(elements.node(2)))
    every = reconcile.Reading((gone, elements.node(2)), every=(gone.kind,))
    verdicts = _read(live, every, old)
    assert set(live.get_all_compute_nodes()) == {elements.uuid(2)}
    assert schema.key_of(gone) in _rereads(verdicts)


def test_an_older_read_is_believed_where_no_list_was_merged() -> None:
    live = live_model.LiveModel()
    old = live.fence()
    _read(live, reconcile.Reading((), every=(_KIND.FLAVOR,)))
    _read(live, reconcile.Reading((elements.node(1),)), old)
    assert len(live.get_all_compute_nodes()) == 1


def test_what_could_not_be_observed_stays_as_it_is() -> None:
    """Race 14: a cell is down."""
    instance = elements.instance(1)
    live = live_model.LiveModel([instance])
    verdicts = _merge(live, _listing(hidden=[instance], partial=('why',)))
    assert verdicts == []
    assert live.elements() == (instance,)


def test_what_is_implied_is_neither_listed_nor_missing() -> None:
    live = live_model.LiveModel([elements.instance(1, project_id='red')])
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
    live = live_model.LiveModel(elements.instance(n) for n in range(known))
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


@pytest.mark.parametrize(
    ('make', 'kind'),
    [
        (elements.instance, 'Instance'),
        (elements.node, 'ComputeNode'),
        (elements.aggregate, 'HostAggregate'),
        (elements.group, 'ServerGroup'),
        (lambda number: elements.flavor(f'f{number}'), 'Flavor'),
    ],
)
def test_each_kind_is_guarded_by_itself(
    make: collections.abc.Callable[[int], schema.Element], kind: str
) -> None:
    """Rule 4: many servers that are listed make up for no other kind."""
    known = [make(number) for number in range(21)]
    others = [elements.instance(number) for number in range(1000, 1200)]
    if kind == 'Instance':
        others = [elements.node(number) for number in range(1000, 1200)]
    live = live_model.LiveModel([*known, *others])
    with pytest.raises(
        exceptions.MassDeletionRefused,
        match=f'lacks 21 of 21 known elements of kind {kind}',
    ):
        _merge(live, _listing(*others))
    assert len(_rereads(_merge(live, _listing(*others, *known[10:])))) == 10


def test_missing_elements_of_different_kinds_are_not_added_up() -> None:
    missing = [
        *(elements.instance(number) for number in range(20)),
        *(elements.group(number) for number in range(100, 120)),
    ]
    live = live_model.LiveModel(missing)
    assert len(_rereads(_merge(live, _listing(), share=0.0))) == 40


def test_what_no_list_shows_as_a_whole_is_read() -> None:
    live = live_model.LiveModel([elements.instance(1), elements.instance(2)])
    key = schema.key_of(elements.instance(2))
    verdicts = _merge(
        live,
        _listing(
            elements.instance(1),
            elements.instance(2, name='true'),
            unsure=(key,),
        ),
    )
    assert _rereads(verdicts) == {key}
    assert verdicts[-1].reason == 'not in lists'
    assert live.get_instance_by_uuid(key.key).name == 'true'


def test_what_is_not_observed_does_not_count_as_missing() -> None:
    instances = [elements.instance(n) for n in range(50)]
    live = live_model.LiveModel(instances)
    _merge(live, _listing(hidden=instances))
    assert len(live) == 50


# -- merging a read ---


def _read(
    live: live_model.LiveModel,
    reading: reconcile.Reading,
    fence: mutation.Fence | None = None,
) -> list[mutation.Verdict]:
    fence = live.fence() if fence is None else fence
    return live.apply(reconcile.read_mutations(live, reading, fence))


def test_a_read_of_every_element_of_a_kind_tells_what_is_gone() -> None:
    live = live_model.LiveModel(
        [elements.node(1), elements.node(2), elements.instance(3)]
    )
    _read(
        live,
        reconcile.Reading(
            (elements.node(2, status='disabled'), elements.node(4)),
            every=(_KIND.COMPUTE_NODE,),
        ),
    )
    assert set(live.get_all_compute_nodes()) == {
        elements.uuid(2),
        elements.uuid(4),
    }
    assert live.get_node_by_name('node-2').status == 'disabled'
    assert elements.uuid(3) in live.graph


def test_a_read_of_one_element_tells_of_no_other() -> None:
    live = live_model.LiveModel([elements.instance(1), elements.instance(2)])
    _read(live, reconcile.Reading((elements.instance(1, name='true'),)))
    assert len(live) == 2
    _read(
        live,
        reconcile.Reading(absent=(schema.key_of(elements.instance(1)),)),
    )
    assert set(live.get_all_instances()) == {elements.uuid(2)}


def test_a_read_in_pages_that_shift_makes_the_others_suspects() -> None:
    """Race 14: nobody is believed to be gone because of a page."""
    live = live_model.LiveModel(
        [elements.group(1), elements.group(2), elements.group(3)]
    )
    reading = reconcile.Reading(
        (elements.group(2),),
        suspect=(_KIND.SERVER_GROUP,),
        is_hidden=lambda element: element == elements.group(3),
    )
    verdicts = _read(live, reading)
    assert len(live) == 3
    assert _rereads(verdicts) == {schema.key_of(elements.group(1))}


def test_what_a_read_of_all_cannot_tell_of_stays() -> None:
    """Race 14: a cell is down."""
    live = live_model.LiveModel([elements.node(1)])
    reading = reconcile.Reading(
        every=(_KIND.COMPUTE_NODE,), is_hidden=lambda _element: True
    )
    assert _read(live, reading) == []
    assert len(live.get_all_compute_nodes()) == 1


def test_a_node_that_came_during_the_read_of_all_is_read() -> None:
    live = live_model.LiveModel([elements.node(1)])
    fence = live.fence()
    live.apply([mutation.Put(elements.node(2))])
    verdicts = _read(
        live,
        reconcile.Reading((elements.node(1),), every=(_KIND.COMPUTE_NODE,)),
        fence,
    )
    assert len(live.get_all_compute_nodes()) == 2
    assert _rereads(verdicts) == {schema.key_of(elements.node(2))}


def test_a_read_of_all_that_lacks_too_much_is_refused() -> None:
    """Rule 4: what a poll does not show is not believed to be gone."""
    nodes = [elements.node(number) for number in range(30)]
    live = live_model.LiveModel(nodes)
    reading = reconcile.Reading(tuple(nodes[21:]), every=(_KIND.COMPUTE_NODE,))
    with pytest.raises(
        exceptions.MassDeletionRefused,
        match='lacks 21 of 30 known elements of kind ComputeNode',
    ):
        live.apply(reconcile.read_mutations(live, reading, live.fence(), 0.5))
    assert len(live.get_all_compute_nodes()) == 30


def test_what_changed_beside_a_row_is_read() -> None:
    live = live_model.LiveModel([elements.instance(1), elements.instance(2)])
    key = schema.key_of(elements.instance(2))
    (verdict,) = _read(live, reconcile.Reading(doubts=(key,)))
    assert (verdict.reason, verdict.reread) == ('changed', (key,))


def test_what_is_said_beside_a_row_is_applied_after_it() -> None:
    """The row of a server knows nothing of where it is moved to."""
    known = elements.instance(1, task_state='migrating')
    live = live_model.LiveModel([known])
    hint = mutation.Hint(
        schema.key_of(known),
        {},
        elements.moment(5),
        marks={'migrating_to': 'host-2'},
    )
    row = elements.instance(
        1, task_state='migrating', updated_at=elements.moment(4)
    )
    verdicts = _read(live, reconcile.Reading((row,), hints=(hint,)))
    assert [each.outcome for each in verdicts] == [_OUTCOME.APPLIED] * 2
    instance = live.get_instance_by_uuid(known.uuid)
    assert instance == schema.replace(row, migrating_to='host-2')


def test_nothing_read_means_nothing() -> None:
    live = live_model.LiveModel([elements.instance(1)])
    assert _read(live, reconcile.Reading()) == []


# -- staging ---


def test_what_is_staged_is_not_held_twice() -> None:
    live = live_model.LiveModel([elements.instance(1), elements.instance(2)])
    staged: dict[str, schema.Element] = {}
    stage = reconcile.stage_into(staged, live)
    same, other = elements.instance(1), elements.instance(2, name='other')
    new = elements.instance(3)
    for element in (same, other, new):
        stage(element)
    known = live.get_instance_by_uuid(same.uuid)
    assert staged[schema.key_of(same).vertex] is known
    assert staged[schema.key_of(same).vertex] is not same
    assert staged[schema.key_of(other).vertex] is other
    assert staged[schema.key_of(new).vertex] is new


def test_what_is_staged_again_is_as_it_was_last() -> None:
    """The pages of a list shift while it is fetched."""
    staged: dict[str, schema.Element] = {}
    stage = reconcile.stage_into(staged, live_model.LiveModel())
    stage(elements.instance(1, name='early'))
    stage(elements.instance(1, name='late'))
    assert list(staged.values()) == [elements.instance(1, name='late')]


# -- drift ---


def _drift(
    live: live_model.LiveModel, mutations: list[mutation.Mutation]
) -> dict[str, int]:
    settled = list(zip(mutations, live.apply(mutations), strict=True))
    # What a synchronize does not keep does not count.
    kept = [each for each in settled if reconcile.is_correction(*each)]
    assert reconcile.drift(live, settled) == reconcile.drift(live, kept)
    return reconcile.drift(live, kept)


def test_what_was_corrected_is_drift_of_its_kind() -> None:
    """Contract 2."""
    live = live_model.LiveModel(
        [
            elements.instance(1),
            elements.instance(2),
            elements.flavor('small'),
            elements.group(4),
        ]
    )
    fence = live.fence()
    assert _drift(
        live,
        [
            mutation.Observation(elements.instance(1), fence),
            mutation.Observation(elements.instance(2, name='true'), fence),
            mutation.Observation(elements.instance(3), fence),
            mutation.Observation(elements.instance(5), fence),
            mutation.Observation(elements.flavor('small', vcpus=3), fence),
            mutation.Absence(schema.key_of(elements.group(4)), fence),
            mutation.Absence(schema.key_of(elements.group(6)), fence),
        ],
    ) == {
        'stale attribute Instance': 1,
        'missed Instance': 2,
        'stale attribute Flavor': 1,
        'phantom ServerGroup': 1,
    }


def test_what_is_not_announced_of_a_node_is_no_drift() -> None:
    live = live_model.LiveModel([elements.node(1), elements.node(2)])
    fence = live.fence()
    assert _drift(
        live,
        [
            mutation.Observation(elements.node(1, vcpus_used=3), fence),
            mutation.Observation(elements.node(3), fence),
            mutation.Absence(schema.key_of(elements.node(2)), fence),
        ],
    ) == {'missed ComputeNode': 1, 'phantom ComputeNode': 1}


def test_what_was_touched_meanwhile_is_no_drift() -> None:
    """It was announced."""
    live = live_model.LiveModel([elements.instance(1), elements.instance(2)])
    fence = live.fence()
    live.apply([mutation.Put(elements.instance(1, name='told'))])
    live.apply([mutation.Deletion(schema.key_of(elements.instance(2)))])
    assert (
        _drift(
            live,
            [
                mutation.Observation(elements.instance(1, name='x'), fence),
                mutation.Observation(elements.instance(2), fence),
                mutation.Absence(schema.key_of(elements.instance(1)), fence),
            ],
        )
        == {}
    )


def test_a_suspect_was_a_phantom_or_is_still_there() -> None:
    """Only when the suspects were read is it known which of the two."""
    there, gone = elements.instance(1), elements.instance(2)
    live = live_model.LiveModel([there, gone])
    mutations = list(
        reconcile.merge_mutations(live, _listing(), live.fence(), 1.0)
    )
    settled = list(zip(mutations, live.apply(mutations), strict=True))
    live.apply([mutation.Absence(schema.key_of(gone), live.fence())])
    assert reconcile.drift(live, settled) == {
        'suspect Instance': 1,
        'phantom Instance': 1,
    }


def test_a_read_for_another_reason_is_no_drift() -> None:
    live = live_model.LiveModel([elements.instance(1)])
    key = schema.key_of(elements.instance(1))
    hint = mutation.Hint(
        key, {'name': 'b'}, elements.moment(5), version=elements.moment(5)
    )
    doubts: list[mutation.Mutation] = [
        mutation.Doubt((key,), 'changed'),
        mutation.Doubt((key,), 'not in lists'),
        hint,
    ]
    assert _drift(live, doubts) == {}
    assert live.get_instance_by_uuid(key.key).name == 'b'

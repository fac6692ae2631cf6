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


"""Mistakes that somebody could make, to show that the proof finds them.

Each entry takes one safeguard out of the running code.  A proof that stays
green with one of them applied proves nothing about that safeguard.
"""

import collections.abc
import dataclasses
import datetime
import typing

from cdm_graph.collector import cinder_rows
from cdm_graph.collector import dirty
from cdm_graph.collector import ironic
from cdm_graph.collector import ironic_rows
from cdm_graph.collector import nova_cells
from cdm_graph.collector import nova_rows
from cdm_graph.collector import reconcile
from cdm_graph.collector import synchronizer
from cdm_graph.model import comparison
from cdm_graph.model import graph
from cdm_graph.model import lazy
from cdm_graph.model import ledger
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.model import snapshot
from cdm_graph.model import state
from cdm_graph.model import tables
from cdm_graph.notification import accounting
from cdm_graph.notification import heartbeat
from cdm_graph.notification.ironic import handler as ironic_handler
from cdm_graph.notification.ironic import machine as ironic_machine
from cdm_graph.notification.nova import versioned
from cdm_graph.store import backlog
from cdm_graph.store import mirror

_Any = typing.Any
_LATEST: typing.Final = mutation.Fence(
    2**62, datetime.datetime.max.replace(tzinfo=datetime.UTC)
)


@dataclasses.dataclass(frozen=True, slots=True)
class Break:
    """A safeguard that is taken out."""

    name: str
    what: str
    apply: collections.abc.Callable[[], None]
    #: What is expected to catch it, which is tried first.
    first: str


def _swap(owner: _Any, name: str, value: _Any) -> None:
    """Put something else in the place of a part that has to be there."""
    if not hasattr(owner, name):
        raise LookupError(f'{owner} has no {name} to break')
    setattr(owner, name, value)


def _no_fence() -> None:
    _swap(live_model.LiveModel, 'fence', lambda self: _LATEST)


def _no_tombstone() -> None:
    def bury(
        self: _Any, key: schema.ElementKey, moment: float, final: bool
    ) -> None:
        self._touches += 1
        self._touched.pop(key, None)
        self._as_of.pop(key, None)

    _swap(ledger.Ledger, 'bury', bury)


def _no_authority() -> None:
    _swap(versioned, '_OWNERS_AND_PLACE', versioned._OWNERS)


def _no_version_guard() -> None:
    _swap(mutation.Hint, '_compare', lambda self, draft, known: 1)


def _reread_dropped() -> None:
    _swap(
        mutation.Hint,
        '_verdict',
        lambda self, outcome, reason, doubtful: mutation.Verdict(
            outcome, reason
        ),
    )


def _doubt_dropped() -> None:
    _swap(
        mutation.Doubt,
        'visit',
        lambda self, draft: mutation.Verdict(
            mutation.Outcome.DEFERRED, self.reason
        ),
    )


def _suspects_deleted() -> None:
    _swap(
        reconcile,
        '_suspect',
        lambda key: mutation.Absence(key, _LATEST),
    )


def _settling_dropped() -> None:
    add = dirty.DirtySet.add

    def added(
        self: _Any,
        keys: _Any,
        since: _Any = None,
        *,
        settling: _Any = (),
        **how: _Any,
    ) -> None:
        add(self, [*keys, *settling], since, **how)

    _swap(dirty.DirtySet, 'add', added)


def _silence_ignored() -> None:
    _swap(ledger.Ledger, 'is_overtaken', lambda self, kind, fence: False)


def _absence_believed() -> None:
    visit = mutation.Absence.visit

    def visited(self: _Any, draft: mutation.Draft) -> mutation.Verdict:
        return visit(dataclasses.replace(self, fence=_LATEST), draft)

    _swap(mutation.Absence, 'visit', visited)


def _observation_believed() -> None:
    visit = mutation.Observation.visit

    def visited(self: _Any, draft: mutation.Draft) -> mutation.Verdict:
        fence = mutation.Fence(_LATEST.touches, self.fence.moment)
        return visit(dataclasses.replace(self, fence=fence), draft)

    _swap(mutation.Observation, 'visit', visited)


def _state_shared() -> None:
    _swap(state.State, 'copy', lambda self: self)


def _neighbours_shared() -> None:
    copy = tables.Tables.copy

    def copied(self: tables.Tables) -> tables.Tables:
        made = copy(self)
        made.near = self.near
        return made

    _swap(tables.Tables, 'copy', copied)


def _edges_twice() -> None:
    _swap(
        graph._Parts,
        'edge',
        lambda self, source, target, relation: self.new_edge(relation),
    )


def _fork_shares() -> None:
    copy = graph._copy_made
    _swap(
        graph,
        '_copy_made',
        lambda old, new, _each: copy(old, new, lambda each: each),
    )


def _taken_out_comes_back() -> None:
    _swap(
        lazy.LazyDict, '__missing__', lambda self, key: lazy._make(self, key)
    )


def _mutation_not_shown() -> None:
    _swap(graph.SnapshotGraph, '_unlink', lambda self, source, target: None)


def _undo_not_shown() -> None:
    def undo(self: _Any, mark: snapshot.Mark) -> None:
        self._state, self._history = mark.state, mark.history

    _swap(snapshot.Snapshot, 'undo', undo)


def _drawn_edges_kept() -> None:
    def forget(self: _Any, vertex: str) -> None:
        for made in (self._node, self._succ, self._pred):
            dict.pop(made, vertex, None)

    _swap(graph.SnapshotGraph, '_forget', forget)


def _read_only_stale() -> None:
    take = live_model.LiveModel.snapshot

    def taken(self: _Any, *, read_only: bool = False) -> _Any:
        if not read_only or self._shared is None:
            return take(self, read_only=read_only)
        return snapshot.ReadOnlySnapshot(
            self._shared, self.freshness, self._clock
        )

    _swap(live_model.LiveModel, 'snapshot', taken)


def _lent_goes_on() -> None:
    _swap(graph.FrozenGraph, 'is_lent', lambda self: False)


def _fork_forgotten() -> None:
    _swap(comparison.History, 'changed_apart', lambda self, other: {})


def _counter_forgotten() -> None:
    settle = accounting.Accounting.settle

    def settled(self: _Any, outcome: mutation.Outcome, reason: str) -> None:
        if outcome is not mutation.Outcome.STALE:
            settle(self, outcome, reason)

    _swap(accounting.Accounting, 'settle', settled)


def _failed_read_forgotten() -> None:
    def failed(self: _Any, key: schema.ElementKey, retry_after: float) -> None:
        del self._entries[key]

    _swap(dirty.DirtySet, 'failed', failed)


def _unshown_forgotten() -> None:
    _swap(dirty.DirtySet, 'separated', dirty.DirtySet.done)


def _asked_meanwhile_forgotten() -> None:
    done = dirty.DirtySet.done

    def finished(self: _Any, key: schema.ElementKey) -> None:
        self._entries[key].again = False
        done(self, key)

    _swap(dirty.DirtySet, 'done', finished)


def _mark_kept() -> None:
    _swap(
        schema.Instance,
        'with_memory_of',
        lambda self, previous: schema.replace(
            self, migrating_to=self.migrating_to or previous.migrating_to
        ),
    )


def _list_replaces() -> None:
    def merged(
        live: live_model.LiveModel,
        listing: reconcile.Listing,
        fence: mutation.Fence,
        deletion_share: float,
        give_way: collections.abc.Callable[[], None],
    ) -> list[mutation.Mutation]:
        listed = {
            schema.key_of(element): element
            for element in listing.elements.values()
        }
        known = {
            schema.key_of(element)
            for element in live.elements()
            if element.kind not in schema.IMPLIED_KINDS
        }
        return [
            *map(mutation.Put, listed.values()),
            *(
                mutation.Absence(key, _LATEST)
                for key in sorted(known - set(listed))
            ),
        ]

    _swap(reconcile, 'merge_mutations', merged)


def _gap_ignored() -> None:
    receive = heartbeat.Heartbeat._receive

    def received(self: _Any, number: int, sent: float) -> str | None:
        first = self._last is None
        reason = receive(self, number, sent)
        return reason if first else None

    _swap(heartbeat.Heartbeat, '_receive', received)


def _late_request_swallowed() -> None:
    attempt = synchronizer.Synchronizer._attempt

    def attempted(self: _Any, reason: str) -> bool:
        done = attempt(self, reason)
        self._begun = self._requested
        return done

    _swap(synchronizer.Synchronizer, '_attempt', attempted)


def _down_cell_believed() -> None:
    _swap(nova_rows, 'is_observed', lambda row: True)
    _swap(nova_rows, 'is_service_observed', lambda row: True)


def _read_dated_late() -> None:
    note = ledger.Ledger.note_read

    def noted(self: _Any, key: schema.ElementKey, _fence: int) -> None:
        note(self, key, self._touches)

    _swap(ledger.Ledger, 'note_read', noted)


def _cells_seen_once() -> None:
    look = nova_cells.Cells.look_again

    def looked(self: _Any, services: _Any) -> None:
        if not hasattr(self, '_unlisted'):
            look(self, services)

    _swap(nova_cells.Cells, 'look_again', looked)


def _partial_is_complete() -> None:
    mark = live_model.LiveModel.mark_synchronized

    def marked(self: _Any, began_at: float, partial: _Any = ()) -> None:
        mark(self, began_at)

    _swap(live_model.LiveModel, 'mark_synchronized', marked)


def _age_from_the_end() -> None:
    mark = live_model.LiveModel.mark_synchronized

    def marked(self: _Any, began_at: float, partial: _Any = ()) -> None:
        mark(self, self._clock.time(), partial)

    _swap(live_model.LiveModel, 'mark_synchronized', marked)


def _implied_kept() -> None:
    def part(self: _Any, kind: schema.Kind, hub: str, neighbour: str) -> None:
        near = self.near[kind]
        self.near[kind] = near.set(hub, near[hub].delete(neighbour))

    _swap(tables.Tables, 'part', part)


def _capacity_not_released() -> None:
    _swap(state._Commit, '_release', lambda self, vertex: None)


def _put_back_dropped() -> None:
    _swap(backlog.Backlog, 'put_back', lambda *_: None)


def _made_forgotten() -> None:
    different = mirror.Mirror._different

    def forgetful(self: _Any, *told: _Any) -> _Any:
        for record in different(self, *told):
            self._made.clear()
            yield record

    _swap(mirror.Mirror, '_different', forgetful)


def _loss_unnoticed() -> None:
    _swap(mirror.Mirror, '_has_lost', lambda *_: False)


def _relations_not_noted() -> None:
    def noted(self: _Any, changes: _Any) -> None:
        for each in changes:
            self._keys[each.key] = each.before is None

    _swap(backlog.Backlog, 'note', noted)


def _malformed_not_read() -> None:
    visit = mutation.Failure.visit

    def visited(self: _Any, draft: mutation.Draft) -> mutation.Verdict:
        return dataclasses.replace(visit(self, draft), reread=())

    _swap(mutation.Failure, 'visit', visited)


def _another_row_believed() -> None:
    _swap(mutation.Hint, '_is_of_another', lambda self, known: False)


def _wish_believed() -> None:
    early = property(lambda self: False)
    _swap(ironic_handler._Event, 'is_told_early', early)
    _swap(ironic_handler, '_OF_THE_API', frozenset())


def _chassis_unheard() -> None:
    about = {'node': schema.Kind.BAREMETAL_NODE}
    _swap(ironic_handler, '_ABOUT', about)


def _chassis_dropped() -> None:
    facts = ironic_machine.facts

    def told(row: ironic_machine.Told) -> ironic_machine.Facts:
        return facts({'chassis_uuid': None, **row})

    _swap(ironic_machine, 'facts', told)


def _deletion_final() -> None:
    interpret = ironic_handler.IronicNotificationHandler.interpret

    def interpreted(self: _Any, envelope: _Any) -> mutation.Mutation:
        meant = interpret(self, envelope)
        if envelope.event_type != 'baremetal.node.delete.end':
            return meant
        return mutation.Deletion(*self.named(envelope))

    _swap(ironic_handler.IronicNotificationHandler, 'interpret', interpreted)


def _outline_believed() -> None:
    def poll(self: _Any, since: datetime.datetime) -> reconcile.Reading:
        outlines = self._ironic.outlines()
        return reconcile.Reading(tuple(map(ironic_rows.machine, outlines)))

    _swap(ironic.IronicClusterModelCollector, 'poll', poll)


def _on_its_way_ignored() -> None:
    _swap(cinder_rows, 'is_settled', lambda _shown: True)


def _moved_at_once() -> None:
    _swap(cinder_rows, 'has_just_moved', lambda _known, _shown: False)


#: In the order in which they are listed.
BREAKS: typing.Final[tuple[Break, ...]] = (
    Break(
        'no-fence',
        'A read holds whatever was touched while it was under way.',
        _no_fence,
        'convergence after an outage of the broker',
    ),
    Break(
        'no-tombstone',
        'What is gone is forgotten, so that a late message brings it back.',
        _no_tombstone,
        'by their numbers',
    ),
    Break(
        'no-authority',
        'Every event about an instance may place it.',
        _no_authority,
        'by their numbers',
    ),
    Break(
        'no-version-guard',
        'A notification counts as newer than whatever is known.',
        _no_version_guard,
        'by their numbers',
    ),
    Break(
        'reread-dropped',
        'A notification that is in doubt leads to no read.',
        _reread_dropped,
        'convergence',
    ),
    Break(
        'doubt-dropped',
        'A hint that only a read can tell leads to no read.',
        _doubt_dropped,
        'convergence',
    ),
    Break(
        'suspects-deleted',
        'What a list lacks is deleted without a read.',
        _suspects_deleted,
        'by their numbers',
    ),
    Break(
        'settling-dropped',
        'What is announced before it is done is read once only.',
        _settling_dropped,
        'by their numbers',
    ),
    Break(
        'absence-believed',
        'A read that found nothing holds though the element was touched.',
        _absence_believed,
        'by their numbers',
    ),
    Break(
        'observation-believed',
        'A row holds though the element was touched during the read.',
        _observation_believed,
        'by their numbers',
    ),
    Break(
        'silence-ignored',
        'An old page makes known what a newer list did not show.',
        _silence_ignored,
        'by their numbers',
    ),
    Break(
        'state-shared',
        'A snapshot has the state of the live model.',
        _state_shared,
        'isolation of snapshots',
    ),
    Break(
        'neighbours-shared',
        'A snapshot has the relations of the live model.',
        _neighbours_shared,
        'isolation of snapshots',
    ),
    Break(
        'edges-twice',
        'An edge has other attributes at its other end.',
        _edges_twice,
        'and forks of them',
    ),
    Break(
        'fork-shares',
        'What was looked at is shared by a fork, not copied.',
        _fork_shares,
        'and forks of them',
    ),
    Break(
        'taken-out-comes-back',
        'A vertex that was taken out of a graph is made anew.',
        _taken_out_comes_back,
        'and forks of them',
    ),
    Break(
        'mutation-not-shown',
        'A graph goes on to show a relation that has ended.',
        _mutation_not_shown,
        'and forks of them',
    ),
    Break(
        'undo-not-shown',
        'What is undone is still shown by the graph.',
        _undo_not_shown,
        'and forks of them',
    ),
    Break(
        'drawn-edges-kept',
        'Edges that were drawn at a vertex outlive it.',
        _drawn_edges_kept,
        'and forks of them',
    ),
    Break(
        'read-only-stale',
        'A read-only snapshot is what the last one was.',
        _read_only_stale,
        'and forks of them',
    ),
    Break(
        'lent-goes-on',
        'A read-only graph that somebody reads shows what came later.',
        _lent_goes_on,
        'and forks of them',
    ),
    Break(
        'fork-forgotten',
        'A difference leaves out what was done in a fork.',
        _fork_forgotten,
        'and forks of them',
    ),
    Break(
        'counter-forgotten',
        'A stale notification is not counted.',
        _counter_forgotten,
        'by their numbers',
    ),
    Break(
        'failed-read-forgotten',
        'An element whose read failed is dirty no more.',
        _failed_read_forgotten,
        'by their numbers',
    ),
    Break(
        'unshown-forgotten',
        'An element that a list of what changed does not show counts as read.',
        _unshown_forgotten,
        'convergence',
    ),
    Break(
        'asked-meanwhile-forgotten',
        'An element that is asked for while it is read is not read again.',
        _asked_meanwhile_forgotten,
        'by their numbers',
    ),
    Break(
        'mark-kept',
        'Where an instance was being moved to is never cleared.',
        _mark_kept,
        'convergence',
    ),
    Break(
        'list-replaces',
        'A list of the cloud replaces the model.',
        _list_replaces,
        'by their numbers',
    ),
    Break(
        'gap-ignored',
        'A heartbeat that is missing leads to nothing.',
        _gap_ignored,
        'convergence after an outage of the broker',
    ),
    Break(
        'late-request-swallowed',
        'A synchronize that runs serves requests that came after it began.',
        _late_request_swallowed,
        'convergence after an outage of the broker',
    ),
    Break(
        'down-cell-believed',
        'What the API says of a cell that is down is believed.',
        _down_cell_believed,
        'by their numbers',
    ),
    Break(
        'read-dated-late',
        'A read counts as begun when it ended, so that an older one is kept.',
        _read_dated_late,
        'by their numbers',
    ),
    Break(
        'cells-seen-once',
        'Whether a cell is down is only asked before a list, not after it.',
        _cells_seen_once,
        'by their numbers',
    ),
    Break(
        'partial-is-complete',
        'A synchronize that saw a part counts as complete.',
        _partial_is_complete,
        'by their numbers',
    ),
    Break(
        'age-from-the-end',
        'The age counts from the end of the list, not from its beginning.',
        _age_from_the_end,
        'by their numbers',
    ),
    Break(
        'implied-kept',
        'Zones and projects stay when nothing refers to them any more.',
        _implied_kept,
        'no phantoms, no orphans',
    ),
    Break(
        'capacity-not-released',
        'What an instance takes of a node is counted, but never released.',
        _capacity_not_released,
        'no phantoms, no orphans',
    ),
    Break(
        'put-back-dropped',
        'What could not be written to a store is not written later.',
        _put_back_dropped,
        'a mirror of the model',
    ),
    Break(
        'made-forgotten',
        'Relations to what a store had lost are not made again.',
        _made_forgotten,
        'a mirror of the model',
    ),
    Break(
        'loss-unnoticed',
        'A store that has lost what was written is believed.',
        _loss_unnoticed,
        'a mirror of the model',
    ),
    Break(
        'relations-not-noted',
        'A change of relations alone is not written to a store.',
        _relations_not_noted,
        'a mirror of the model',
    ),
    Break(
        'malformed-not-read',
        'What a malformed message names is not read.',
        _malformed_not_read,
        'of damaged messages',
    ),
    Break(
        'another-row-believed',
        'What is said of a machine counts for the next one with its UUID.',
        _another_row_believed,
        'by their numbers',
    ),
    Break(
        'wish-believed',
        "What Ironic's API means to do counts as done.",
        _wish_believed,
        'subsequence, of ironic',
    ),
    Break(
        'chassis-unheard',
        'What is announced of a chassis means nothing.',
        _chassis_unheard,
        'convergence, of ironic',
    ),
    Break(
        'chassis-dropped',
        'Where an event does not name its chassis, a machine has none.',
        _chassis_dropped,
        'subsequence, of ironic',
    ),
    Break(
        'deletion-final',
        'A machine that is deleted never comes back.',
        _deletion_final,
        'convergence, of ironic',
    ),
    Break(
        'outline-believed',
        'The outlines of a poll count as whole rows.',
        _outline_believed,
        'convergence, of ironic',
    ),
    Break(
        'on-its-way-ignored',
        'A volume that is on its way is not looked at again.',
        _on_its_way_ignored,
        'by their numbers',
    ),
    Break(
        'moved-at-once',
        'A volume that was moved is believed to be at rest at once.',
        _moved_at_once,
        'by their numbers',
    ),
)


def find(name: str) -> Break:
    """Return the break of that name.

    :raises LookupError: if there is none
    """
    for each in BREAKS:
        if each.name == name:
            return each
    raise LookupError(name)

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

"""The whole way from a cloud to its model, without threads, step by step.

A :class:`Pipeline` holds a simulated cloud, the messages that are under way,
the reads that were begun, a list that is being fetched, and the model.  Who
drives it decides what happens next; time passes only when it says so.
"""

import collections.abc
import dataclasses
import typing

from cdm_graph.cmd import comparison
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import nova_rows
from cdm_graph.collector import reconcile
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from cdm_graph.simulation import churn as churn_module
from cdm_graph.simulation import notification
from cdm_graph.simulation import population
from cdm_graph.simulation import scenarios
from cdm_graph.simulation import truth as truth_module
from tests.support import clock as clocks
from tests.support import nova

_DELAY: typing.Final = 0.1
_SETTLING: typing.Final = 5.0
#: Rows that the API gives at a time.
PAGE: typing.Final = 4
#: Far more reads than any cloud of this size can need.
_PATIENCE: typing.Final = 20_000

#: What the legacy format announces nothing of.
_VERSIONED_ONLY: typing.Final = frozenset(
    {
        'lock',
        'unlock',
        'disable_service',
        'enable_service',
        'host_failure',
        'add_host',
        'retire_host',
        'create_flavor',
        'change_flavor',
        'delete_flavor',
    }
)
#: What is announced by ``instance.update`` only.
_UPDATES_ONLY: typing.Final = frozenset(
    {'rename', 'set_metadata', 'delete_metadata', 'force_delete', 'unshelve'}
)
#: What happens in a cloud, by what it is about: a cloud in which all of it
#: happens seldom meets two events of one thing.
STORIES: typing.Final[dict[str, tuple[str, ...]]] = {
    'everything': tuple(scenarios.WEIGHTS),
    'births and deaths': (
        'create_or_delete',
        'create_failing',
        'create_without_host',
        'soft_delete',
        'restore',
        'force_delete',
    ),
    'moves': (
        'live_migrate',
        'live_migrate_aborted',
        'live_migrate_failing',
        'cold_migrate',
        'resize',
        'confirm_resize',
        'revert_resize',
        'shelve',
        'unshelve',
    ),
    'labels': ('add_tag', 'remove_tag', 'lock', 'unlock', 'rename'),
    'groups': (
        'create_or_delete',
        'create_in_group',
        'create_group',
        'delete_group',
    ),
    'hosts': (
        'aggregate',
        'delete_aggregate',
        'disable_service',
        'enable_service',
        'add_host',
        'retire_host',
        'host_failure',
        'create_flavor',
        'change_flavor',
        'delete_flavor',
        'live_migrate',
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """What kind of cloud it is, and what happens in it."""

    seed: int
    story: str = 'everything'
    formats: str = 'versioned'
    state_changes: bool = True
    hosts: int = 5
    instances: int = 8

    @property
    def weights(self) -> dict[str, int]:
        """What happens, and how often."""
        unseen: set[str] = set()
        if self.formats == 'unversioned':
            unseen |= _VERSIONED_ONLY
        if not self.state_changes:
            unseen |= _UPDATES_ONLY
        return {
            name: scenarios.WEIGHTS[name]
            for name in STORIES[self.story]
            if name not in unseen
        }


@dataclasses.dataclass(slots=True)
class Read:
    """A read that was begun; what it showed, once it was answered."""

    task: dirty_sets.Task
    fence: mutation.Fence
    reading: reconcile.Reading | None = None


class Pipeline:
    """A cloud, a bus, and a model that follows."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.clock = clocks.FakeClock()
        self.cloud = population.new_cloud(
            setting.hosts, setting.instances, setting.seed, self.clock
        )
        self.bus: list[notification.Notification] = []
        self._churn = churn_module.Churn(
            self.cloud,
            self.bus.append,
            8.0,
            setting.seed,
            self.clock,
            formats=setting.formats,
            notify_on_state_change=setting.state_changes,
            weights=setting.weights,
        )
        self._ahead = 0.0
        self._source = nova.source(
            nova.InProcessNova(self.cloud, page_size=PAGE), self.clock
        )
        self._handler = nova.new_handler()
        self.counters = accounting.Accounting()
        self.model = root.ModelRoot(clock=self.clock)
        self.dirty = dirty_sets.DirtySet(self.clock, _DELAY, _SETTLING)
        self.reads: list[Read] = []
        self._listing: typing.Any = None
        self.listed: str | None = None
        self.hosts: dict[str, list[str | None]] = {}
        self._note_hosts()
        self.synchronize()

    # -- the cloud ---

    def happen(self, steps: int) -> None:
        """Let things happen in the cloud."""
        for _ in range(steps):
            due = self._churn.step()
            self.clock.advance(max(0.0, due - self._ahead))
            self._ahead = max(self._ahead, due)
            self._note_hosts()

    def _note_hosts(self) -> None:
        for row in self.cloud.servers:
            history = self.hosts.setdefault(row.uuid, [])
            if not history or history[-1] != row.host:
                history.append(row.host)

    # -- the bus ---

    def deliver(self, number: int, *, keep: bool = False) -> None:
        """Deliver one of the messages under way; if kept, it comes again."""
        message = self.bus[number] if keep else self.bus.pop(number)
        envelope = nova.envelope(message, self.clock)
        self.counters.receive()
        (verdict,) = self._apply(
            [self._handler.handle(envelope)],
            message.event_type,
            self.clock.time(),
        )
        self.counters.settle(verdict.outcome, verdict.reason)

    def lose(self, number: int) -> None:
        """Let the bus lose one of the messages under way."""
        del self.bus[number]

    def _apply(
        self,
        mutations: collections.abc.Sequence[mutation.Mutation],
        cause: str,
        since: float | None = None,
    ) -> list[mutation.Verdict]:
        """Apply mutations as the writer does."""
        verdicts = self.model.apply(mutations, cause)
        for verdict in verdicts:
            self.dirty.add(verdict.reread, since, settling=verdict.settling)
        return verdicts

    # -- targeted refresh ---

    def begin_read(self) -> bool:
        """Begin to read what is due; return whether anything is."""
        task = self.dirty.take(0)
        if task is None:
            return False
        self.reads.append(Read(task, self.model.fence()))
        return True

    def answer_read(self, number: int) -> None:
        """Let the cloud answer: by how it is now."""
        read = self.reads[number]
        if read.reading is None:
            read.reading = self._source.read(read.task.key)

    def finish_read(self, number: int) -> None:
        """Apply what a read showed, if it was answered."""
        read = self.reads[number]
        if read.reading is not None:
            del self.reads[number]
            self._apply(
                reconcile.read_mutations(self.model, read.reading, read.fence),
                'refresh',
            )
            self.dirty.done(read.task.key)

    def fail_read(self, number: int) -> None:
        """Let a read fail; it is tried again later."""
        read = self.reads.pop(number)
        self.dirty.failed(read.task.key, 1.0)

    # -- synchronize ---

    def begin_list(self) -> None:
        """Begin to list the cloud, if no list is running."""
        if self._listing is None:
            self._listing = self._list()

    def continue_list(self) -> bool:
        """Fetch another page, or merge; return whether there is more."""
        if self._listing is None:
            return False
        self.listed = next(self._listing, None)
        if self.listed is None:
            self._listing = None
        return self._listing is not None

    def synchronize(self) -> None:
        """List the cloud while nothing happens, and read what is in doubt."""
        self.begin_list()
        while self.continue_list():
            pass
        self._read_all()

    def _list(self) -> collections.abc.Iterator[str]:
        """List page by page, as the collector does, and merge."""
        fence = self.model.fence()
        client = self._source._nova
        staged: list[schema.Element] = list(
            self._source._nodes(self._source._services())
        )
        yield 'nodes'
        staged += self._source._aggregates()
        yield 'aggregates'
        for number, flavor in enumerate(client.flavors(), start=1):
            staged.append(nova_rows.flavor(flavor))
            if number % PAGE == 0:
                yield 'flavors'
        for number, group in enumerate(client.server_groups(), start=1):
            staged.append(nova_rows.server_group(group))
            if number % PAGE == 0:
                yield 'groups'
        servers: dict[str, schema.Element] = {}
        for number, server in enumerate(client.servers(), start=1):
            servers[server['id']] = nova_rows.instance(server)
            if number % PAGE == 0:
                yield 'servers'
        staged += servers.values()
        yield 'listed'
        listing = reconcile.Listing(root.ModelRoot(staged, clock=self.clock))
        self._apply(
            reconcile.merge_mutations(self.model, listing, fence, 1.0),
            'synchronize',
        )

    # -- the end ---

    def settle(self) -> None:
        """Let all that is under way in the cloud end."""
        self._churn.settle()
        self._note_hosts()

    def drain(self, *, list_last: bool = False) -> None:
        """Deliver all messages, end the list, read all that is dirty.

        The list may be the last to end: then nothing comes after it that
        makes good for what it does.
        """
        while self.bus:
            self.deliver(0)
        if list_last:
            self._read_all()
        while self.continue_list():
            pass
        self._read_all()

    def _read_all(self) -> None:
        for _ in range(_PATIENCE):
            while self.reads:
                self.answer_read(0)
                self.finish_read(0)
            if not len(self.dirty):
                return
            if not self.begin_read():
                self.clock.advance(_DELAY)
        raise AssertionError('the dirty set does not become empty')

    def differences(self) -> list[str]:
        """Return what the model has wrong.

        Without ``instance.update`` nobody is told of the last save of some
        operations, which shows in nothing but the time of it.
        """
        truth = truth_module.truth(self.cloud)
        return [
            str(found)
            for found in comparison.differences(self.model, truth)
            if self._setting.state_changes
            or not found.what.endswith(' updated_at')
        ]

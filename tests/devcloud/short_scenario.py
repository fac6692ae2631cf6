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

"""Every way to announce, and what becomes known of how the cloud changes.

Nova announces more or less, by its configuration.  Each change here says
whether it does with the one in hand, and whether a poll can see it.  Hence
the phases: while the daemon never polls, what is announced; while it polls,
what is not; and what neither tells, by a synchronize.  In the first two the
daemon must not synchronize.  In the end Nova's API loses the database of its
cell, with all that is in it, and finds it again.

Hosts: compute4 is disabled first, so that nothing gets there, and is deleted
last; compute5 dies and is not brought back.
"""

import collections.abc
import dataclasses
import time
import typing

from tests.devcloud import actions
from tests.devcloud import comparison
from tests.devcloud import configuration
from tests.devcloud import daemon
from tests.devcloud import errors
from tests.devcloud import scenario

#: Seconds, of [collector] poll_period.
_POLL_PERIOD: typing.Final = 5
#: A read of the cloud may take as long as any other change.
_POLLED_LIMIT: typing.Final = _POLL_PERIOD + 10.0
_POLLED: typing.Final = comparison.Scope(everything=True)

_Act = collections.abc.Callable[[], object]


@dataclasses.dataclass(frozen=True)
class _Change:
    """An action, and who tells of it."""

    name: str
    act: _Act
    #: Whether Nova announces it.
    told: bool = True
    #: Whether a poll sees it.
    polled: bool = True
    #: The hosts whose state is told, but by the legacy format.
    state_of: frozenset[str] = frozenset()

    def as_polled(self, prefix: str) -> scenario.Step:
        return scenario.Step(
            f'{prefix}: {self.name}', self.act, _POLLED, _POLLED_LIMIT
        )


_Changes = collections.abc.Iterator[_Change]


class ShortScenario:
    """The steps for one cloud that announces in one way."""

    def __init__(
        self,
        do: actions.Actions,
        how: configuration.Announcing,
        beside: daemon.Daemon,
    ) -> None:
        """Act by means of ``do``, with that daemon beside."""
        self._do = do
        self._nova = do.nova
        self._how = how
        self._daemon = beside

    def steps(self) -> scenario.Steps:
        """Yield what is told, then what is polled, then the rest."""
        changes = tuple(self._changes())
        self._do.stock()
        yield scenario.look('first synchronize')
        for change in changes:
            if change.told:
                yield self._as_told(change)
        yield scenario.Step(
            f'polls begin, every {_POLL_PERIOD} s',
            lambda: self._daemon.poll_every(_POLL_PERIOD),
            _POLLED,
            _POLLED_LIMIT,
        )
        for change in changes:
            if not change.told and change.polled:
                yield change.as_polled('polled')
        for change in changes:
            if not (change.told or change.polled):
                yield scenario.Step(f'untold: {change.name}', change.act, None)
        yield scenario.look('synchronize')

    def steps_without_broker(self) -> scenario.Steps:
        """Yield what polls find while the broker is dead."""
        web = self._do.server('web')
        services = self._nova.services
        yield scenario.Step('broker killed', self._do.cloud.broker.kill, None)
        for change in (
            _Change('rename', lambda: web.update(name='web-again')),
            _Change('lock', web.lock),
            _Change(
                'force down',
                lambda: services.force_down(
                    self._do.service('compute2').id, True
                ),
            ),
        ):
            yield change.as_polled('no broker')

    def steps_of_polls_alone(self) -> scenario.Steps:
        """Yield what polls find if nobody ever tells the daemon anything."""
        self._do.stock()
        yield scenario.look('first synchronize')
        self._daemon.poll_every(_POLL_PERIOD)
        for change in self._changes():
            if change.polled:
                yield change.as_polled('polled')
        yield scenario.look('synchronize')
        yield from self._steps_without_cell()

    def _steps_without_cell(self) -> scenario.Steps:
        """Yield that nothing is lost with the database of the cell."""
        cloud, client = self._do.cloud, self._daemon.client
        known = client.view()

        def lose_cell() -> None:
            cloud.lose_cell()
            client.synchronize()
            # And a poll.
            time.sleep(_POLL_PERIOD + 1)
            if client.status()['state'] != 'partial':
                raise errors.DevcloudError('the model is not partial')
            if client.view() != known:
                raise errors.DevcloudError('the model has changed')

        yield scenario.Step('database of the cell away', lose_cell, None)
        yield scenario.Step(
            'database of the cell back',
            cloud.return_cell,
            # A poll that sees the whole cloud again asks for a synchronize.
            dataclasses.replace(_POLLED, may_synchronize=True),
            _POLLED_LIMIT,
        )
        yield scenario.look('synchronize')

    def _as_told(self, change: _Change) -> scenario.Step:
        if self._how.versioned:
            told = comparison.Scope(state_of=change.state_of)
        else:
            told = comparison.Scope(untold=comparison.UNTOLD_BY_LEGACY)
        return scenario.Step(change.name, change.act, told)

    def _changes(self) -> _Changes:
        yield from self._beginning()
        yield from self._creations()
        yield from self._properties()
        yield from self._moves()
        yield from self._evacuation()
        yield from self._deletions()
        yield from self._catalogue()

    def _beginning(self) -> _Changes:
        yield _Change(
            'service disable',
            lambda: self._nova.services.disable_log_reason(
                self._do.service('compute4').id, 'maintenance'
            ),
        )
        yield _Change(
            'aggregate create, add host', self._make_rack, polled=False
        )

    def _make_rack(self) -> None:
        rack = self._nova.aggregates.create('rack', None)
        rack.set_metadata({'row': '1'})
        rack.add_host('compute2')

    def _unmake_rack(self) -> None:
        rack = self._nova.aggregates.find(name='rack')
        rack.remove_host('compute2')
        rack.delete()

    def _creations(self) -> _Changes:
        yield _Change('create', self._create)
        yield _Change(
            'create in a server group', self._create_in_group, polled=False
        )

    def _create(self) -> None:
        self._do.create('web', host='compute3', meta={'role': 'web'})
        self._do.create('app', host='compute5')

    def _create_in_group(self) -> None:
        group = self._nova.server_groups.create('pair', 'anti-affinity')
        self._do.create(
            'member', host='compute1', scheduler_hints={'group': group.id}
        )

    def _delete_group(self) -> None:
        groups = self._nova.server_groups
        self._do.delete('member', verb='force_delete')
        groups.delete(groups.find(name='pair').id)

    def _properties(self) -> _Changes:
        do = self._do
        states = self._how.states
        yield _Change(
            'tags set',
            lambda: do.server('web').set_tags(['red', 'blue']),
            polled=False,
        )
        yield _Change(
            'lock',
            lambda: do.server('web').lock(reason='do not move'),
            told=states or self._how.versioned,
        )
        yield _Change('rename, metadata set', self._rename, told=states)
        # Nova does not date the row anew.
        yield _Change(
            'metadata delete',
            lambda: self._nova.servers.delete_meta(do.server('web'), ['role']),
            told=states,
            polled=False,
        )
        yield _Change('stop', lambda: do.do('web', 'stop', until='SHUTOFF'))
        yield _Change('start', lambda: do.do('web', 'start'))

    def _rename(self) -> None:
        web = self._do.server('web')
        web.update(name='web-renamed')
        self._nova.servers.set_meta(web, {'tier': '1'})

    def _moves(self) -> _Changes:
        do = self._do
        yield _Change(
            'live migrate', lambda: do.live_migrate('web', 'compute1')
        )
        yield _Change(
            'resize',
            lambda: do.do(
                'web', 'resize', do.flavor('large'), until='VERIFY_RESIZE'
            ),
        )
        yield _Change(
            'resize, confirm', lambda: do.do('web', 'confirm_resize')
        )
        yield _Change(
            'shelve and offload',
            lambda: do.do('web', 'shelve', until='SHELVED_OFFLOADED'),
        )
        yield _Change(
            'unshelve', lambda: do.do('web', 'unshelve', host='compute3')
        )

    def _evacuation(self) -> _Changes:
        do = self._do
        lost = frozenset({'compute5'})
        yield _Change(
            'host killed and forced down',
            lambda: do.lose_host('compute5'),
            state_of=lost,
        )
        yield _Change('evacuate', lambda: do.evacuate('app'), state_of=lost)

    def _deletions(self) -> _Changes:
        do = self._do
        yield _Change(
            'soft delete',
            lambda: do.do('app', 'delete', until='SOFT_DELETED'),
        )
        yield _Change(
            'force delete', lambda: do.delete('app', verb='force_delete')
        )
        yield _Change(
            'server group, member delete', self._delete_group, polled=False
        )
        yield _Change(
            'aggregate remove host, delete', self._unmake_rack, polled=False
        )
        yield _Change(
            'service deleted',
            lambda: do.remove_host('compute4'),
            told=self._how.versioned,
        )

    def _catalogue(self) -> _Changes:
        yield _Change(
            'flavor create',
            lambda: self._nova.flavors.create('late', 512, 1, 1),
            told=self._how.versioned,
            polled=False,
        )

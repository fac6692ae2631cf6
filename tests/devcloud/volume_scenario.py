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

"""What happens to volumes, and to the servers that use them, step by step.

First, while the daemon does not poll, what Cinder announces, or leads to by
what it announces: that a volume is on its way.  Then, while it polls, what
Cinder never says; and in the end what no poll can see either.  The daemon
must not synchronize in the first two.
"""

import collections.abc
import functools
import typing

from tests.devcloud import actions
from tests.devcloud import comparison
from tests.devcloud import configuration
from tests.devcloud import daemon
from tests.devcloud import errors
from tests.devcloud import scenario
from tests.devcloud import storage_actions
from tests.devcloud import volume_actions

#: Seconds, of [collector] poll_period.
_POLL_PERIOD: typing.Final = 5
#: A read of the cloud may take as long as any other change.
_POLLED_LIMIT: typing.Final = _POLL_PERIOD + 10.0
_POLLED: typing.Final = comparison.Scope(everything=True)
_REPORTED: typing.Final = comparison.Scope(untold_of_pools=frozenset())
#: A back end reports every ten seconds; one may be on its way already.
_REPORTED_LIMIT: typing.Final = 10 + 10.0
#: In GB: by more than that no two pools differ otherwise, so that each of
#: them gets one of the volumes.
_ROOM: typing.Final = 100

_SSD, _HDD = configuration.BACKENDS
#: Volumes, one for each pool, and the types of them.
_FILLERS: typing.Final = {
    f'filler-{pool}': backend.name
    for backend in configuration.BACKENDS
    for pool in backend.pools
}

_Act = collections.abc.Callable[[], object]


class VolumeScenario:
    """The steps for one cloud, which has a flavor and an image."""

    def __init__(self, do: actions.Actions, beside: daemon.Daemon) -> None:
        """Act by means of ``do``, with that daemon beside."""
        self._do = do
        self._daemon = beside
        self._storage = storage_actions.StorageActions(do.cloud)
        self._volumes = volume_actions.VolumeActions(do)

    def steps(self) -> scenario.Steps:
        """Yield the steps in their order."""
        self._storage.stock()
        yield scenario.look('synchronize, before volumes')
        yield from self._types()
        yield from self._creations()
        yield from self._attached()
        yield from self._beneath()
        yield from self._detached()
        yield scenario.Step(
            'storage capacity reported',
            self._take_room,
            _REPORTED,
            _REPORTED_LIMIT,
        )
        yield from self._shared()
        yield from self._alone()
        yield from self._hands()
        yield from self._polled()
        yield from self._deletions()

    def _types(self) -> scenario.Steps:
        storage = self._storage
        yield scenario.Step(
            'volume type create',
            lambda: storage.create_type(
                'gold', volume_backend_name=_SSD.name, tier='1'
            ),
        )
        yield scenario.Step(
            'volume type set an extra spec',
            lambda: storage.set_spec('gold', 'tier', '2'),
        )
        yield scenario.Step(
            'volume type unset an extra spec',
            lambda: storage.unset_spec('gold', 'tier'),
        )

    def _creations(self) -> scenario.Steps:
        volumes = self._volumes
        yield scenario.Step(
            'volume create',
            lambda: volumes.create(
                'data', volume_type='ssd', metadata={'use': 'data'}
            ),
        )
        yield scenario.Step(
            'volume create without a type', lambda: volumes.create('plain')
        )
        yield scenario.Step(
            'volume create from an image',
            lambda: volumes.create('root', imageRef=self._do.image('image')),
        )
        yield scenario.Step(
            'volume create from a volume',
            lambda: volumes.create('clone', source_volid=volumes.uuid('data')),
        )
        yield scenario.Step(
            'volume create that fails',
            lambda: volumes.create(
                'fail-always', volume_type='hdd', until='error'
            ),
        )
        yield scenario.Step(
            'volume create, larger than any pool',
            lambda: volumes.create('huge', size=5000, until='error'),
        )
        yield scenario.Step(
            'volume delete, failed',
            lambda: volumes.delete('fail-always', 'huge'),
        )

    def _attached(self) -> scenario.Steps:
        do, volumes = self._do, self._volumes
        yield scenario.Step(
            'create for a volume', lambda: do.create('store', host='compute1')
        )
        yield scenario.Step(
            'volume attach', lambda: volumes.attach('data', 'store')
        )
        yield scenario.Step(
            'live migrate with a volume',
            lambda: do.live_migrate('store', 'compute2'),
        )
        yield scenario.Step(
            'shelve with a volume',
            lambda: do.do('store', 'shelve', until='SHELVED_OFFLOADED'),
        )
        yield scenario.Step(
            'unshelve with a volume',
            lambda: do.do('store', 'unshelve', host='compute1'),
        )

    def _beneath(self) -> scenario.Steps:
        """Yield what a server does not notice."""
        volumes = self._volumes
        yield scenario.Step(
            'volume extend, attached',
            lambda: volumes.extend('data', 2, until='in-use'),
        )
        yield scenario.Step(
            'volume retype and move, attached',
            lambda: volumes.retype('data', 'hdd', until='in-use'),
        )
        yield scenario.Step(
            'volume attach, another', lambda: volumes.attach('plain', 'store')
        )
        yield scenario.Step(
            'volume migrate, attached',
            lambda: self._migrate_by_copy(until='in-use'),
        )
        yield scenario.Step(
            'volume snapshot, attached',
            lambda: volumes.snapshot('copy', 'data'),
        )
        yield scenario.Step(
            'volume snapshot rename',
            lambda: volumes.update_snapshot('copy', name='copy-renamed'),
        )
        yield scenario.Step(
            'volume create from a snapshot',
            lambda: volumes.create_from_snapshot('copied', 'copy'),
        )
        yield scenario.Step(
            'volume snapshot delete', lambda: volumes.delete_snapshot('copy')
        )

    def _detached(self) -> scenario.Steps:
        do, volumes = self._do, self._volumes
        yield scenario.Step(
            'volume detach', lambda: volumes.detach('data', 'store')
        )
        yield scenario.Step(
            'volume attach again', lambda: volumes.attach('data', 'store')
        )
        yield scenario.Step(
            'force delete with two volumes',
            lambda: do.delete('store', verb='force_delete'),
        )

    def _take_room(self) -> None:
        """Take room in each pool, and wait until that was reported.

        Cinder announces a capacity when a report of it is another than the
        one before.
        """
        volumes = self._volumes
        for name, kind in _FILLERS.items():
            volumes.create(name, size=_ROOM, volume_type=kind)
        pools = configuration.pool_hosts_of(configuration.BACKENDS)
        missed = pools - set(map(volumes.host_of, _FILLERS))
        if missed:
            raise errors.DevcloudError(f'no volume was put in {missed}')
        self._do.cloud.wait_for_capacities(configuration.BACKENDS)

    def _shared(self) -> scenario.Steps:
        """Yield what happens to a volume of two servers, and to a root."""
        do, volumes = self._do, self._volumes
        yield scenario.Step(
            'volume create, multiattach', self._create_for_several
        )
        yield scenario.Step(
            'boot from a volume',
            lambda: do.boot('one', volumes.uuid('root'), host='compute1'),
        )
        yield scenario.Step(
            'create for a shared volume',
            lambda: do.create('two', host='compute2'),
        )
        yield scenario.Step(
            'volume attach, to the first',
            lambda: volumes.attach('shared', 'one'),
        )
        yield scenario.Step(
            'volume attach, to the second',
            lambda: volumes.attach('shared', 'two'),
        )
        yield scenario.Step(
            'volume detach, from the first',
            lambda: volumes.detach('shared', 'one', until='in-use'),
        )
        yield scenario.Step(
            'volume detach, from the second',
            lambda: volumes.detach('shared', 'two'),
        )
        yield scenario.Step('force delete with its root', self._delete_root)

    def _create_for_several(self) -> None:
        self._storage.create_type(
            'multi', volume_backend_name=_SSD.name, multiattach='<is> True'
        )
        self._volumes.create('shared', volume_type='multi')

    def _delete_root(self) -> None:
        self._do.delete('one', 'two', verb='force_delete')
        self._volumes.wait_until_gone('root')

    def _alone(self) -> scenario.Steps:
        """Yield what no server has to do with."""
        volumes = self._volumes
        yield scenario.Step(
            'volume retype and move', lambda: volumes.retype('data', 'ssd')
        )
        yield scenario.Step(
            'volume retype in place', lambda: volumes.retype('data', 'gold')
        )
        yield scenario.Step(
            'volume rename',
            lambda: volumes.update('data', name='data-renamed'),
        )
        yield scenario.Step(
            'volume update metadata',
            lambda: volumes.update('data', metadata={'use': 'none'}),
        )
        yield scenario.Step('volume extend', lambda: volumes.extend('data', 3))
        yield scenario.Step(
            'volume extend, refused',
            lambda: volumes.fail_to_extend('data', 5000),
        )
        yield scenario.Step(
            'volume migrate, refused',
            lambda: volumes.fail_to_migrate('data', min(_HDD.pool_hosts)),
        )

    def _hands(self) -> scenario.Steps:
        """Yield what is done to the row of a volume alone."""
        volumes = self._volumes
        yield scenario.Step(
            'volume transfer create', lambda: volumes.offer('clone')
        )
        yield scenario.Step(
            'volume transfer accept', lambda: volumes.take('clone')
        )
        yield scenario.Step(
            'volume reset status',
            lambda: volumes.reset_status('clone', 'error'),
        )
        yield scenario.Step(
            'volume reset status again',
            lambda: volumes.reset_status('clone', 'available'),
        )
        # Its one volume, "shared", is in doubt for no other reason.
        yield scenario.Step('volume type rename, in use', self._rename_type)

    def _rename_type(self) -> None:
        # Cinder keeps what was used of a type by its name, and refuses one
        # that another type of which there were volumes ever had.
        unused = f'multi-{self._volumes.uuid("shared")}'
        self._storage.update_type('multi', name=unused)

    def _polled(self) -> scenario.Steps:
        """Yield what Cinder does not announce, with its consequences."""
        storage, volumes = self._storage, self._volumes
        polled = functools.partial(
            scenario.Step, scope=_POLLED, limit=_POLLED_LIMIT
        )
        yield polled(
            f'polls begin, every {_POLL_PERIOD} s',
            lambda: self._daemon.poll_every(_POLL_PERIOD),
        )
        yield polled('polled: volume migrate', self._migrate_within)
        yield polled(
            'polled: volume migrate, by a copy', self._migrate_by_copy
        )
        yield polled(
            'polled: storage service disable',
            lambda: storage.disable(_HDD, 'maintenance'),
        )
        yield polled(
            'polled: volume create, no backend',
            lambda: volumes.create(
                'nowhere', volume_type='hdd', until='error'
            ),
        )
        yield polled(
            'polled: storage service enable', lambda: storage.enable(_HDD)
        )
        yield polled(
            'polled: storage backend killed',
            lambda: storage.lose_backend(_HDD),
        )
        yield polled(
            'polled: volume delete, dead backend',
            lambda: volumes.ask_to_delete('copied'),
        )
        yield polled('polled: storage backend back', self._bring_back)

    def _migrate_within(self) -> None:
        elsewhere = _SSD.pool_hosts - {self._volumes.host_of('data')}
        self._volumes.migrate('data', min(elsewhere))

    def _migrate_by_copy(self, until: str = 'available') -> None:
        is_fast = self._volumes.host_of('plain') in _SSD.pool_hosts
        other = _HDD if is_fast else _SSD
        self._volumes.migrate('plain', min(other.pool_hosts), until)

    def _bring_back(self) -> None:
        self._storage.bring_backend_back(_HDD)
        self._volumes.wait_until_gone('copied')

    def _deletions(self) -> scenario.Steps:
        storage, volumes = self._storage, self._volumes
        yield scenario.Step(
            'untold: volume metadata set',
            lambda: volumes.add_metadata('data', tier='1'),
            None,
        )
        yield scenario.look('synchronize, with volumes')
        yield scenario.Step(
            'volume delete',
            lambda: volumes.delete(
                'data', 'plain', 'shared', 'clone', 'nowhere', *_FILLERS
            ),
        )
        yield scenario.Step(
            'volume type delete', lambda: storage.delete_type('gold')
        )
        yield scenario.look('synchronize, after volumes')

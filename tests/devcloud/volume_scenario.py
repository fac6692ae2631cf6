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

The model knows of a volume what Nova says: that a server uses it.  Hence it
has to stay as it is while a volume that is attached grows, moves from backend
to backend or has snapshots taken, and while its server moves.
"""

from tests.devcloud import actions
from tests.devcloud import configuration
from tests.devcloud import scenario
from tests.devcloud import volume_actions

_SSD, _HDD = configuration.BACKENDS


class VolumeScenario:
    """The steps for one cloud, which has a flavor and an image."""

    def __init__(self, do: actions.Actions) -> None:
        """Act by means of ``do``."""
        self._do = do
        self._volumes = volume_actions.VolumeActions(do)

    def steps(self) -> scenario.Steps:
        """Yield the steps in their order."""
        self._volumes.stock()
        yield from self._attached()
        yield from self._beneath()
        yield from self._detached()
        yield from self._alone()

    def _attached(self) -> scenario.Steps:
        do, volumes = self._do, self._volumes
        yield scenario.Step(
            'volume create', lambda: volumes.create('data', volume_type='ssd')
        )
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
            'volume snapshot, attached',
            lambda: volumes.snapshot('copy', 'data'),
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
            'force delete with a volume',
            lambda: do.delete('store', verb='force_delete'),
        )

    def _alone(self) -> scenario.Steps:
        """Yield what no server has to do with."""
        volumes = self._volumes
        yield scenario.Step('volume retype, migrate', self._retype_and_migrate)
        yield scenario.Step(
            'storage service disable',
            lambda: volumes.disable(_HDD, 'maintenance'),
        )
        yield scenario.Step(
            'volume create, no valid backend',
            lambda: volumes.create(
                'nowhere', volume_type='hdd', until='error'
            ),
        )
        yield scenario.Step(
            'storage service enable', lambda: volumes.enable(_HDD)
        )
        yield scenario.Step(
            'storage backend killed', lambda: volumes.lose_backend(_HDD)
        )
        yield scenario.Step(
            'storage backend back', lambda: volumes.bring_backend_back(_HDD)
        )
        yield scenario.Step('volume rename, extend', self._rename_and_extend)
        yield scenario.Step(
            'volume delete', lambda: volumes.delete('data', 'nowhere')
        )
        yield scenario.look('synchronize, after volumes')

    def _retype_and_migrate(self) -> None:
        self._volumes.retype('data', _SSD.name)
        elsewhere = _SSD.pool_hosts - {self._volumes.host_of('data')}
        self._volumes.migrate('data', min(elsewhere))

    def _rename_and_extend(self) -> None:
        self._volumes.rename('data', 'data-renamed')
        self._volumes.extend('data', 3)

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

"""What happens to the cloud, step by step.

Steps build on each other: a generator yields one when those before it are
done.  Its names say what is done in Nova's own words, one action a step.

Hosts: compute1 and compute2 become the zone ``east``, compute5 dies and comes
back, compute6 comes and goes.  Servers: ``web`` lives to the end, the others
are there for what would be in its way.
"""

import collections.abc
import dataclasses
import time
import typing

from tests.devcloud import actions
from tests.devcloud import comparison

_TOLD: typing.Final = comparison.Scope()
_EVERYTHING: typing.Final = comparison.Scope(everything=True, synchronize=True)


@dataclasses.dataclass(frozen=True)
class Step:
    """One action, and what has to be equal how soon after its end."""

    name: str
    act: collections.abc.Callable[[], object]
    #: None: nobody can tell the daemon, and nothing is compared.
    scope: comparison.Scope | None = _TOLD
    limit: float = 10.0


Steps = collections.abc.Iterator[Step]


class Scenario:
    """The steps for one cloud."""

    def __init__(self, do: actions.Actions) -> None:
        """Act by means of ``do``."""
        self._do = do
        self._nova = do.nova

    def steps(self) -> Steps:
        """Yield the steps in their order."""
        yield look('first synchronize')
        yield from self._catalogue()
        yield from self._aggregates()
        yield from self._creations()
        yield from self._live_migrations()
        yield from self._cold_moves()
        yield from self._life_cycle()
        yield from self._properties()
        yield from self._services()
        yield from self._evacuation()
        yield from self._new_host()
        yield from self._groups()
        yield from self._deletions()
        yield from self._aggregates_end()
        yield from self._broker()

    def _catalogue(self) -> Steps:
        create = self._nova.flavors.create
        yield Step(
            'flavor create', lambda: create('small', 512, 1, 1, ephemeral=1)
        )
        yield Step(
            'flavor create, larger',
            lambda: create('large', 2048, 2, 10, swap=512),
        )
        yield Step(
            'flavor create, private',
            lambda: create('huge', 4096, 4000, 20, is_public=False),
        )
        large = self._do.flavor('large')
        yield Step(
            'flavor set extra specs',
            lambda: large.set_keys({'hw:cpu_policy': 'shared', 'x:y': 'z'}),
        )
        yield Step(
            'flavor unset an extra spec', lambda: large.unset_keys(['x:y'])
        )
        yield Step('image create', lambda: self._do.create_image('image'))
        yield Step(
            'image create, another', lambda: self._do.create_image('newer')
        )
        yield Step('keypair create', lambda: self._do.create_keypair('key'))
        yield Step('keypair delete', lambda: self._nova.keypairs.delete('key'))

    def _aggregates(self) -> Steps:
        yield Step(
            'aggregate create',
            lambda: self._nova.aggregates.create('rack', None),
        )
        rack = self._nova.aggregates.find(name='rack')
        yield Step('aggregate add host', lambda: rack.add_host('compute1'))
        yield Step(
            'aggregate set metadata',
            lambda: rack.set_metadata({'row': '1', 'power': 'a'}),
        )
        yield Step(
            'aggregate unset metadata',
            lambda: rack.set_metadata({'power': None}),
        )
        yield Step(
            'aggregate set zone',
            lambda: rack.update({'availability_zone': 'east'}),
        )
        yield Step(
            'aggregate add host to zone', lambda: rack.add_host('compute2')
        )
        yield Step('aggregate rename', lambda: rack.update({'name': 'rack1'}))

    def _creations(self) -> Steps:
        do = self._do
        yield Step(
            'create',
            lambda: do.create('web', host='compute3', meta={'role': 'web'}),
        )
        yield Step(
            'create in a zone',
            lambda: do.create('db', availability_zone='east'),
        )
        yield Step(
            'create on a host',
            lambda: do.create('app', host='compute5', tags=['b', 'a']),
        )
        yield Step(
            'create several at once', lambda: do.create_several('many', 2)
        )
        yield Step(
            'create without a valid host',
            lambda: do.create('nowhere', flavor='huge', until='ERROR'),
        )
        yield Step('delete without a host', lambda: do.delete('nowhere'))
        yield Step(
            'create that fails on its host',
            lambda: do.create('fail-vm', until='ERROR'),
        )
        yield Step(
            'force delete after a failure',
            lambda: do.delete('fail-vm', verb='force_delete'),
        )

    def _live_migrations(self) -> Steps:
        do = self._do
        yield Step('live migrate', lambda: do.live_migrate('web', 'compute4'))
        yield Step(
            'live migrate to another zone',
            lambda: do.live_migrate('web', 'compute1'),
        )
        yield Step(
            'live migrate, abort',
            lambda: do.live_migrate_and_abort('web', 'compute3'),
        )
        yield Step(
            'live migrate, force complete',
            lambda: do.live_migrate_and_force('web', 'compute3'),
        )

    def _cold_moves(self) -> Steps:
        do = self._do
        verify = 'VERIFY_RESIZE'
        yield Step(
            'cold migrate',
            lambda: do.do('web', 'migrate', host='compute4', until=verify),
        )
        yield Step(
            'cold migrate, confirm', lambda: do.do('web', 'confirm_resize')
        )
        yield Step(
            'cold migrate again',
            lambda: do.do('web', 'migrate', host='compute3', until=verify),
        )
        yield Step(
            'cold migrate, revert', lambda: do.do('web', 'revert_resize')
        )
        yield Step(
            'resize',
            lambda: do.do('db', 'resize', do.flavor('large'), until=verify),
        )
        yield Step('resize, confirm', lambda: do.do('db', 'confirm_resize'))
        yield Step(
            'resize another',
            lambda: do.do('web', 'resize', do.flavor('large'), until=verify),
        )
        yield Step('resize, revert', lambda: do.do('web', 'revert_resize'))

    def _life_cycle(self) -> Steps:
        def step(name: str, verb: str, until: str, *arguments: object) -> Step:
            return Step(
                name,
                lambda: self._do.do('web', verb, *arguments, until=until),
            )

        yield step('pause', 'pause', 'PAUSED')
        yield step('unpause', 'unpause', 'ACTIVE')
        yield step('suspend', 'suspend', 'SUSPENDED')
        yield step('resume', 'resume', 'ACTIVE')
        yield step('stop', 'stop', 'SHUTOFF')
        yield step('start', 'start', 'ACTIVE')
        yield step('reboot soft', 'reboot', 'ACTIVE', 'SOFT')
        yield step('reboot hard', 'reboot', 'ACTIVE', 'HARD')
        yield Step('rebuild', lambda: self._do.rebuild('web', 'newer'))
        yield step('rescue', 'rescue', 'RESCUE')
        yield step('unrescue', 'unrescue', 'ACTIVE')
        yield step('shelve and offload', 'shelve', 'SHELVED_OFFLOADED')
        # To a host that will not be in the way of the aggregate's end.
        yield Step(
            'unshelve',
            lambda: self._do.do('web', 'unshelve', host='compute3'),
        )
        yield step('snapshot', 'create_image', 'ACTIVE', 'snapshot')

    def _properties(self) -> Steps:
        web = self._do.server('web')
        servers = self._nova.servers
        yield Step('lock', lambda: web.lock(reason='do not move'))
        yield Step('unlock', lambda: web.unlock())
        yield Step('rename', lambda: web.update(name='web-renamed'))
        yield Step(
            'metadata set',
            lambda: servers.set_meta(web, {'tier': '1', 'role': 'front'}),
        )
        yield Step(
            'metadata delete', lambda: servers.delete_meta(web, ['tier'])
        )
        yield Step('tags set', lambda: web.set_tags(['red', 'blue']))
        yield Step('tag delete', lambda: web.delete_tag('red'))
        yield look('synchronize, with servers')

    def _services(self) -> Steps:
        service = self._do.service('compute3').id
        services = self._nova.services
        yield Step(
            'service disable with a reason',
            lambda: services.disable_log_reason(service, 'maintenance'),
        )
        yield Step('service enable', lambda: services.enable(service))

    def _evacuation(self) -> Steps:
        do = self._do
        compute5 = comparison.Scope(state_of=frozenset({'compute5'}))
        yield Step(
            'host killed and forced down',
            lambda: do.lose_host('compute5'),
            compute5,
        )
        yield Step('evacuate', lambda: do.evacuate('app'), compute5)
        yield Step(
            'host back', lambda: do.bring_host_back('compute5'), compute5
        )

    def _new_host(self) -> Steps:
        do = self._do
        yield Step(
            'new host',
            lambda: do.add_host('compute6'),
            comparison.Scope(without=frozenset({'compute6'})),
        )
        yield look('synchronize, with a new host')
        yield Step('service deleted', lambda: do.remove_host('compute6'))

    def _groups(self) -> Steps:
        groups = self._nova.server_groups
        yield Step(
            'server group create',
            lambda: groups.create(
                'pair', 'anti-affinity', rules={'max_server_per_host': 2}
            ),
        )
        group = groups.find(name='pair').id
        yield Step(
            'create in a server group',
            lambda: self._do.create(
                'member', scheduler_hints={'group': group}
            ),
        )
        yield Step(
            'force delete from a server group',
            lambda: self._do.delete('member', verb='force_delete'),
        )
        yield Step('server group delete', lambda: groups.delete(group))

    def _deletions(self) -> Steps:
        do = self._do
        yield Step(
            'soft delete',
            lambda: do.do('app', 'delete', until='SOFT_DELETED'),
        )
        yield look('synchronize, soft-deleted server')
        yield Step('restore', lambda: do.do('app', 'restore'))
        yield Step(
            'soft delete again',
            lambda: do.do('app', 'delete', until='SOFT_DELETED'),
        )
        yield Step(
            'force delete after a soft delete',
            lambda: do.delete('app', verb='force_delete'),
        )
        yield Step(
            'force delete', lambda: do.delete('db', verb='force_delete')
        )
        yield Step(
            'force delete several',
            lambda: do.delete('many-1', 'many-2', verb='force_delete'),
        )

    def _aggregates_end(self) -> Steps:
        rack = self._nova.aggregates.find(name='rack1')
        yield Step(
            'aggregate remove host', lambda: rack.remove_host('compute1')
        )
        yield Step(
            'aggregate remove the last host',
            lambda: rack.remove_host('compute2'),
        )
        yield Step('aggregate delete', rack.delete)
        yield Step(
            'flavor delete',
            lambda: self._do.flavor('large').delete(),
        )
        yield look('synchronize, after deletions')

    def _broker(self) -> Steps:
        do = self._do
        nova = self._nova
        web = do.server('web')
        compute4 = do.service('compute4').id
        state_of_4 = comparison.Scope(state_of=frozenset({'compute4'}))
        recovered = dataclasses.replace(state_of_4, may_synchronize=True)

        def silently(
            name: str, act: collections.abc.Callable[[], object]
        ) -> Step:
            return Step(f'no broker: {name}', act, scope=None)

        yield silently('killed', do.cloud.broker.kill)
        yield silently('rename', lambda: web.update(name='web-again'))
        yield silently(
            'metadata set', lambda: nova.servers.set_meta(web, {'tier': '2'})
        )
        yield silently('lock', lambda: web.lock(reason='no broker'))
        yield silently('tags set', lambda: web.set_tags(['green']))
        yield silently(
            'flavor create', lambda: nova.flavors.create('late', 512, 1, 1)
        )
        yield silently(
            'server group create',
            lambda: nova.server_groups.create('late', 'affinity'),
        )
        # Of a host that is forced down Nova asks nothing when its service
        # is disabled, which it could not without the broker.
        yield silently(
            'force down', lambda: nova.services.force_down(compute4, True)
        )
        yield silently(
            'service disable',
            lambda: nova.services.disable_log_reason(compute4, 'broken'),
        )
        yield Step(
            'broker back: equal after recovery',
            self._restart_broker,
            recovered,
            limit=120,
        )
        # Enabled afterwards: Nova then tells Placement so at once.
        # The daemon may have been equal before it noticed that it is back.
        yield Step('force down ended', self._end_force_down, recovered)
        yield Step(
            'service enable after recovery',
            lambda: nova.services.enable(compute4),
        )
        yield Step(
            'create after recovery',
            lambda: do.create('last', host='compute3'),
        )
        yield Step(
            'delete after recovery',
            lambda: do.delete('last', verb='force_delete'),
        )
        yield look('synchronize, after recovery')

    def _restart_broker(self) -> None:
        started = time.time()
        self._do.cloud.broker.start()
        hosts = set(self._do.cloud.settings.hosts) - {'compute4'}
        self._do.cloud.wait_for_hosts(hosts, started)

    def _end_force_down(self) -> None:
        service = self._do.service('compute4').id
        self._nova.services.force_down(service, False)
        self._do.cloud.wait_for_hosts(['compute4'], time.time())


def look(name: str) -> Step:
    """Return a step that compares everything, after a synchronize."""
    return Step(name, lambda: None, _EVERYTHING)

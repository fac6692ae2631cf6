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

"""Runs inside the cloud: a hypervisor that remembers its guests.

Nova's own fake driver, changed where the fake differs from a hypervisor in
what Nova's API and notifications then tell: guests survive a restart of
nova-compute, pause and suspend change the power state, a live migration takes
time, can be aborted or forced to complete and leaves nothing behind, and a
server whose name begins with ``fail-`` cannot be built.
"""

import json
import pathlib
import threading
import typing

from nova import exception
from nova.compute import power_state
import nova.conf
from nova.virt import fake
from oslo_config import cfg

CONF = nova.conf.CONF
CONF.register_opts(
    [cfg.FloatOpt('live_migration_seconds', default=3.0, min=0)],
    group='devcloud',
)


class _LiveMigration:
    """A live migration under way."""

    def __init__(self) -> None:
        self.aborted = False
        self.done = threading.Event()


def _remembering(name: str) -> typing.Callable[..., typing.Any]:
    """Return the fake's own method, followed by a save of the guests."""

    def method(self, *arguments, **named):
        method_of_fake = getattr(super(DevcloudDriver, self), name)
        result = method_of_fake(*arguments, **named)
        self._save()
        return result

    method.__name__ = name
    return method


class DevcloudDriver(fake.FakeDriverWithoutFakeNodes):
    """The fake driver, with a memory."""

    vcpus = 64
    memory_mb = 262144
    local_gb = 4096

    def __init__(self, virtapi, read_only=False):
        super().__init__(virtapi, read_only)
        self._file = pathlib.Path(CONF.state_path) / 'guests.json'
        self._lock = threading.Lock()
        self._live_migrations: dict[str, _LiveMigration] = {}

    def init_host(self, host):
        super().init_host(host)
        if self._file.exists():
            rows = json.loads(self._file.read_text())
            self.instances = {
                row['uuid']: fake.FakeInstance(**row) for row in rows
            }

    def get_host_uptime(self):
        # Asked for with each list of hypervisors from microversion 2.88 on;
        # the fake raises, and nova-compute tells it as an exception.
        return '10:00:00 up 1 day, 1:00, 1 user, load average: 0.1, 0.1, 0.1'

    def _save(self) -> None:
        with self._lock:
            rows = [vars(guest) for guest in list(self.instances.values())]
            temporary = self._file.with_suffix('.tmp')
            temporary.write_text(json.dumps(rows))
            temporary.replace(self._file)

    def _set_state(self, instance, state: int) -> None:
        self.instances[instance.uuid].state = state
        self._save()

    # What the fake does is right; it only has to be remembered.
    destroy = _remembering('destroy')
    power_on = _remembering('power_on')
    power_off = _remembering('power_off')
    unrescue = _remembering('unrescue')
    finish_revert_migration = _remembering('finish_revert_migration')

    def spawn(self, context, instance, *arguments, **named):
        if instance.display_name.startswith('fail-'):
            raise exception.BuildAbortException(
                instance_uuid=instance.uuid, reason='it was asked to fail'
            )
        super().spawn(context, instance, *arguments, **named)
        self._save()

    def soft_delete(self, instance):
        # As most drivers say: Nova then powers the guest off.
        raise NotImplementedError

    def restore(self, instance):
        # Nova then powers the guest on.
        raise NotImplementedError

    def pause(self, instance):
        self._set_state(instance, power_state.PAUSED)

    def unpause(self, instance):
        self._set_state(instance, power_state.RUNNING)

    def suspend(self, context, instance):
        self._set_state(instance, power_state.SUSPENDED)

    def resume(self, context, instance, *arguments, **named):
        self._set_state(instance, power_state.RUNNING)

    def live_migration(
        self,
        context,
        instance,
        dest,
        post_method,
        recover_method,
        block_migration=False,
        migrate_data=None,
    ):
        migration = self._live_migration_of(instance)
        migration.done.wait(CONF.devcloud.live_migration_seconds)
        with self._lock:
            del self._live_migrations[instance.uuid]
        if migration.aborted:
            recover_method(
                context,
                instance,
                dest,
                migrate_data,
                migration_status='cancelled',
            )
        else:
            post_method(context, instance, dest, block_migration, migrate_data)

    def live_migration_abort(self, instance):
        migration = self._live_migration_of(instance)
        migration.aborted = True
        migration.done.set()

    def live_migration_force_complete(self, instance):
        self._live_migration_of(instance).done.set()

    def post_live_migration(
        self, context, instance, block_device_info, migrate_data=None
    ):
        self.destroy(context, instance, network_info=None)

    def _live_migration_of(self, instance) -> _LiveMigration:
        # Nova tells that it runs shortly before it calls live_migration():
        # whoever comes first makes the entry.
        with self._lock:
            return self._live_migrations.setdefault(
                instance.uuid, _LiveMigration()
            )

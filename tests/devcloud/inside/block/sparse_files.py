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

"""Runs inside the cloud: a storage backend whose volumes are sparse files.

It has the pools that it is told of, a folder each, and reports what is left
in them.  It wants neither root nor devices, and remembers over a restart of
cinder-volume.  Volumes move from pool to pool of one backend by themselves;
to another backend they are copied, through a connector, by Cinder.

What a real backend would refuse: a volume whose name begins with ``fail-``
cannot be created.
"""

import io
import pathlib
import time
import typing

from cinder import exception
from cinder.volume import driver
from cinder.volume import volume_utils
from os_brick.initiator import connector
from os_brick.initiator.connectors import local
from oslo_config import cfg
from oslo_utils import units

_PROTOCOL: typing.Final = 'devcloud'
#: A volume that was attached while it moved keeps its attachments only if the
#: deletion of what it moved from takes longer than Cinder needs to go on:
#: cinder 29 asks for the one before it does the other.
_DELETION_SECONDS: typing.Final = 0.5
_OPTIONS: typing.Final = (
    cfg.ListOpt('devcloud_pools', help='Names of the pools.'),
    cfg.IntOpt('devcloud_pool_gb', help='Capacity of each.'),
    cfg.StrOpt('devcloud_folder', help='Where they are.'),
)


class FileConnector(local.LocalConnector):
    """Gives Cinder a volume to copy as a file that is open.

    A path would be handed to ``dd``, as root.
    """

    def connect_volume(self, connection_properties):
        path = pathlib.Path(connection_properties['device_path'])
        return {'type': 'local', 'path': _SparseFile(path)}

    def disconnect_volume(
        self,
        connection_properties,
        device_info,
        force=False,
        ignore_errors=False,
    ):
        if device_info:
            device_info['path'].close()

    def check_valid_device(self, path, run_as_root=True):
        return bool(path.readable())


class _SparseFile(io.FileIO):
    """A volume, of which only the beginning is ever read."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__(path, 'r+')

    def read(self, size: int = -1) -> bytes:
        # Nobody writes data here: to copy gigabytes of holes takes minutes.
        return super().read(size) if self.tell() == 0 else b''


_CONNECTOR: typing.Final = f'{__name__}.{FileConnector.__name__}'
connector._connector_mapping_linux[_PROTOCOL.upper()] = _CONNECTOR
# Each connector in the list is asked what it knows of this machine, and some
# find that out as root.
connector.unix_connector_list[:] = [_CONNECTOR]


class SparseFilesDriver(driver.VolumeDriver):
    """One backend."""

    VERSION = '1.0.0'

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.configuration.append_config_values(_OPTIONS)
        self._folder = pathlib.Path(self.configuration.devcloud_folder)

    # Life.

    def check_for_setup_error(self):
        for pool in self.configuration.devcloud_pools:
            (self._folder / pool).mkdir(parents=True, exist_ok=True)

    def _update_volume_stats(self):
        self._stats = {
            'volume_backend_name': self.configuration.volume_backend_name,
            'vendor_name': 'Open Source',
            'driver_version': self.VERSION,
            'storage_protocol': _PROTOCOL,
            'pools': list(map(self._pool, self.configuration.devcloud_pools)),
        }

    def _pool(self, name: str) -> dict[str, object]:
        files = (self._folder / name).iterdir()
        used = sum(path.stat().st_size for path in files) / units.Gi
        capacity = self.configuration.devcloud_pool_gb
        return {
            'pool_name': name,
            'total_capacity_gb': capacity,
            'free_capacity_gb': capacity - used,
            'provisioned_capacity_gb': used,
            'reserved_percentage': 0,
            # Without it the scheduler does not announce capacities.
            'max_over_subscription_ratio': 1,
            'thick_provisioning_support': True,
            'thin_provisioning_support': False,
            'multiattach': True,
            'QoS_support': False,
        }

    # Volumes.

    def _path(self, volume) -> pathlib.Path:
        pool = volume_utils.extract_host(volume.host, 'pool')
        return self._folder / pool / volume.name

    def create_volume(self, volume):
        if volume.display_name and volume.display_name.startswith('fail-'):
            raise exception.VolumeBackendAPIException(
                data='it was asked to fail'
            )
        self._path(volume).touch()
        self.extend_volume(volume, volume.size)

    def create_volume_from_snapshot(self, volume, snapshot):
        self.create_volume(volume)

    def create_cloned_volume(self, volume, src_vref):
        self.create_volume(volume)

    def clone_image(
        self, context, volume, image_location, image_meta, image_service
    ):
        # Else the image would be fetched and converted: nobody reads it here.
        self.create_volume(volume)
        return {}, True

    def delete_volume(self, volume):
        time.sleep(_DELETION_SECONDS)
        self._path(volume).unlink(missing_ok=True)

    def extend_volume(self, volume, new_size):
        with self._path(volume).open('r+b') as file:
            file.truncate(new_size * units.Gi)

    def retype(self, context, volume, new_type, diff, host):
        return volume.host == host['host']

    def migrate_volume(self, context, volume, host):
        backends = {
            volume_utils.extract_host(each, 'backend')
            for each in (volume.host, host['host'])
        }
        if len(backends) > 1:
            return False, None
        pool = volume_utils.extract_host(host['host'], 'pool')
        path = self._path(volume)
        path.rename(self._folder / pool / path.name)
        return True, None

    # Volumes that exist before Cinder knows of them.

    def _existing(self, volume, existing_ref) -> pathlib.Path:
        path = self._path(volume).with_name(existing_ref['source-name'])
        if not path.exists():
            raise exception.ManageExistingInvalidReference(
                existing_ref=existing_ref, reason='there is no such file'
            )
        return path

    def manage_existing(self, volume, existing_ref):
        self._existing(volume, existing_ref).rename(self._path(volume))

    def manage_existing_get_size(self, volume, existing_ref):
        return self._existing(volume, existing_ref).stat().st_size // units.Gi

    # Snapshots take no room.

    def create_snapshot(self, snapshot):
        self._path(snapshot.volume).with_name(snapshot.name).touch()

    def delete_snapshot(self, snapshot):
        path = self._path(snapshot.volume).with_name(snapshot.name)
        path.unlink(missing_ok=True)

    def revert_to_snapshot(self, context, volume, snapshot):
        pass

    # Connections.

    def ensure_export(self, context, volume):
        pass

    def create_export(self, context, volume, connector):
        pass

    def remove_export(self, context, volume):
        pass

    def initialize_connection(self, volume, connector):
        return {
            'driver_volume_type': _PROTOCOL,
            'data': {'device_path': str(self._path(volume))},
        }

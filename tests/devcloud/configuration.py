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

"""The configuration files of the OpenStack services.

How Nova announces what happens is chosen, and can be chosen anew for a cloud
that runs; the default is what ``doc/source/admin`` asks of an operator.
Notifications give up soon when the broker is dead, so that the API goes on
answering; what they would have told is then lost, which the daemon has to
survive.
"""

import collections.abc
import dataclasses
import pathlib
import shutil
import typing

from tests.devcloud import database
from tests.devcloud import settings

#: Host of everything that is neither a compute nor a storage backend.
CONTROLLER: typing.Final = 'controller'

_COPIED: typing.Final = (
    'glance/glance-api-paste.ini',
    'nova/api-paste.ini',
    'cinder/api-paste.ini',
    'cinder/resource_filters.json',
)
_FOLDERS: typing.Final = (
    'glance/images',
    'glance/staging',
    'nova/locks',
    'cinder/locks',
)

Sections = collections.abc.Mapping[str, collections.abc.Mapping[str, object]]

_LOGS: typing.Final = {
    'use_stderr': 'true',
    'default_log_levels': (
        'amqp=WARN,sqlalchemy=WARN,oslo_messaging=INFO,'
        'keystonemiddleware=WARN,urllib3=WARN,stevedore=WARN,dogpile=WARN'
    ),
}
_QUIET: typing.Final = {'driver': 'noop'}
_IMPATIENT_RABBIT: typing.Final = {
    'rabbit_retry_interval': 1,
    'rabbit_retry_backoff': 1,
    'rabbit_interval_max': 2,
    'kombu_reconnect_delay': 0.2,
}
_VERSIONED_TOPIC: typing.Final = 'versioned_notifications'
_LEGACY_TOPIC: typing.Final = 'notifications'
#: Of its own: who listens to it does not get what Nova says in its legacy
#: format, too.
CINDER_TOPIC: typing.Final = 'cinder_notifications'
_ANNOUNCED: typing.Final = {
    'driver': 'messagingv2',
    'topics': _LEGACY_TOPIC,
    # Not 0: a connection that died with the broker is only noticed
    # when it is used, and that first use needs its second chance.
    'retry': 1,
}
_TOPICS: typing.Final = {
    'versioned': (_VERSIONED_TOPIC,),
    'unversioned': (_LEGACY_TOPIC,),
    'both': (_VERSIONED_TOPIC, _LEGACY_TOPIC),
}


@dataclasses.dataclass(frozen=True)
class Announcing:
    """How Nova announces what happens.

    ``form`` is its ``notification_format``; ``states`` tells whether it has
    a ``notify_on_state_change``, and so announces every change of a server.
    """

    form: str = 'versioned'
    states: bool = True

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that have to be subscribed to."""
        return _TOPICS[self.form]

    @property
    def versioned(self) -> bool:
        """Whether there are versioned notifications."""
        return _VERSIONED_TOPIC in self.topics

    def options(self) -> dict[str, object]:
        """Return the section ``[notifications]`` of ``nova.conf``."""
        options: dict[str, object] = {
            'notification_format': self.form,
            'versioned_notifications_topics': _VERSIONED_TOPIC,
        }
        if self.states:
            options['notify_on_state_change'] = 'vm_and_task_state'
        return options


@dataclasses.dataclass(frozen=True)
class Backend:
    """A storage backend: a cinder-volume of its own on a host of its own."""

    host: str
    name: str
    pools: tuple[str, ...]

    @property
    def service_host(self) -> str:
        """What Cinder calls its service's host."""
        return f'{self.host}@{self.name}'

    @property
    def pool_hosts(self) -> frozenset[str]:
        """What Cinder calls the hosts of its volumes."""
        return frozenset(f'{self.service_host}#{pool}' for pool in self.pools)


BACKENDS: typing.Final = (
    Backend('storage1', 'ssd', ('fast', 'faster')),
    Backend('storage2', 'hdd', ('slow',)),
)


def pool_hosts_of(
    backends: collections.abc.Iterable[Backend],
) -> frozenset[str]:
    """Return what Cinder calls the hosts of the volumes of all of them."""
    return frozenset().union(*(backend.pool_hosts for backend in backends))


def write_all(chosen: settings.Settings) -> None:
    """Write the files of all the services."""
    home = chosen.configuration
    _write(home / 'keystone' / 'keystone.conf', _keystone(chosen))
    _write(home / 'placement' / 'placement.conf', _placement(chosen))
    _write(home / 'glance' / 'glance-api.conf', _glance(chosen))
    _write(home / 'cinder' / 'cinder.conf', _cinder(chosen))
    write_nova(chosen, Announcing())
    for name in _COPIED:
        shutil.copy(chosen.venv / 'etc' / name, home / name)
    for name in _FOLDERS:
        (chosen.data / name).mkdir(parents=True, exist_ok=True)


def write_nova(chosen: settings.Settings, how: Announcing) -> bool:
    """Write the files of Nova; return whether they say something new."""
    home = chosen.configuration / 'nova'
    nova = _nova(chosen, how)
    # nova-compute must not know of a database: it would try to use it.
    without_database = {
        name: options
        for name, options in nova.items()
        if name not in ('api_database', 'database')
    }
    changed = [
        _write(home / 'nova.conf', nova),
        _write(home / 'nova-compute.conf', without_database),
    ]
    return any(changed)


def write_compute(chosen: settings.Settings, host: str) -> list[str]:
    """Write the file of one nova-compute; return all those it reads."""
    home = chosen.data / 'computes' / host
    for name in ('locks', 'instances'):
        (home / name).mkdir(parents=True, exist_ok=True)
    own = home / 'host.conf'
    _write(
        own,
        {
            'DEFAULT': {'host': host, 'state_path': home},
            'oslo_concurrency': {'lock_path': home / 'locks'},
        },
    )
    common = chosen.configuration / 'nova' / 'nova-compute.conf'
    return [str(common), str(own)]


def write_storage(chosen: settings.Settings, backend: Backend) -> list[str]:
    """Write the file of one cinder-volume; return all those it reads."""
    home = chosen.configuration / 'cinder'
    own = home / f'{backend.host}.conf'
    _write(own, _storage(chosen, backend))
    return [str(home / 'cinder.conf'), str(own)]


def _write(path: pathlib.Path, sections: Sections) -> bool:
    """Write a file; return whether it says something new."""
    lines = []
    for name, options in sections.items():
        lines.append(f'[{name}]')
        lines += [f'{key} = {value}' for key, value in options.items()]
        lines.append('')
    text = '\n'.join(lines)
    if path.exists() and path.read_text() == text:
        return False
    settings.write(path, text)
    return True


def _keystone(chosen: settings.Settings) -> Sections:
    keys = chosen.configuration / 'keystone'
    return {
        'DEFAULT': _LOGS,
        'database': _connection(chosen, 'keystone'),
        'token': {'provider': 'fernet', 'expiration': 86400},
        'fernet_tokens': {'key_repository': keys / 'fernet-keys'},
        'fernet_receipts': {'key_repository': keys / 'fernet-keys'},
        'credential': {'key_repository': keys / 'credential-keys'},
        'cache': {'enabled': 'true', 'backend': 'dogpile.cache.memory'},
        # Hashing well would be most of a login's time.
        'identity': {'password_hash_rounds': 4},
        'oslo_messaging_notifications': _QUIET,
    }


def _placement(chosen: settings.Settings) -> Sections:
    return {
        'DEFAULT': _LOGS,
        'placement_database': _connection(chosen, 'placement'),
        'api': {'auth_strategy': 'keystone'},
        'keystone_authtoken': _token(chosen, 'placement'),
    }


def _glance(chosen: settings.Settings) -> Sections:
    files = chosen.data / 'glance'
    return {
        'DEFAULT': {
            **_LOGS,
            'enabled_backends': 'file:file',
            'node_staging_uri': f'file://{files}/staging',
            'worker_self_reference_url': chosen.url('glance'),
        },
        'database': _connection(chosen, 'glance'),
        'glance_store': {'default_backend': 'file'},
        'file': {'filesystem_store_datadir': files / 'images'},
        'os_glance_staging_store': {
            'filesystem_store_datadir': files / 'staging'
        },
        'os_glance_tasks_store': {
            'filesystem_store_datadir': files / 'staging'
        },
        'paste_deploy': {
            'flavor': 'keystone',
            'config_file': (
                chosen.configuration / 'glance' / 'glance-api-paste.ini'
            ),
        },
        'keystone_authtoken': _token(chosen, 'glance'),
        'oslo_messaging_notifications': _QUIET,
    }


def _nova(chosen: settings.Settings, how: Announcing) -> Sections:
    home = chosen.data / 'nova'
    return {
        'DEFAULT': {
            **_LOGS,
            'my_ip': settings.ADDRESS,
            'host': CONTROLLER,
            'transport_url': chosen.transport_url,
            'state_path': home,
            'compute_driver': 'devcloud.DevcloudDriver',
            'reclaim_instance_interval': 600,
            'report_interval': 5,
            'service_down_time': 60,
            'heal_instance_info_cache_interval': -1,
            # Else new hosts are first looked for after up to a minute.
            'periodic_fuzzy_delay': 1,
            # What was asked while the broker was killed is never answered.
            'rpc_response_timeout': 30,
            'graceful_shutdown_timeout': 8,
            'manager_shutdown_timeout': 5,
        },
        'api_database': _connection(chosen, 'nova_api'),
        'database': _connection(chosen, 'nova'),
        'wsgi': {
            'api_paste_config': (
                chosen.configuration / 'nova' / 'api-paste.ini'
            )
        },
        'keystone_authtoken': _token(chosen, 'nova'),
        'service_user': {
            **_password(chosen, 'nova'),
            'send_service_user_token': 'true',
        },
        'keystone': {'service_type': 'identity'},
        'placement': _password(chosen, 'placement'),
        'glance': {'endpoint_override': chosen.url('glance')},
        'neutron': {
            **_password(chosen, 'neutron'),
            'endpoint_override': chosen.url('neutron'),
        },
        'cinder': _password(chosen, 'cinder'),
        'notifications': how.options(),
        'oslo_messaging_notifications': _ANNOUNCED,
        'oslo_messaging_rabbit': _IMPATIENT_RABBIT,
        'oslo_concurrency': {'lock_path': home / 'locks'},
        'conductor': {'workers': 2},
        'scheduler': {
            'workers': 1,
            'discover_hosts_in_cells_interval': 5,
        },
        'quota': {'driver': 'nova.quota.NoopQuotaDriver'},
        'vnc': {'enabled': 'false'},
        'devcloud': {'live_migration_seconds': 3},
    }


def _cinder(chosen: settings.Settings) -> Sections:
    home = chosen.configuration / 'cinder'
    files = chosen.data / 'cinder'
    return {
        'DEFAULT': {
            **_LOGS,
            'my_ip': settings.ADDRESS,
            'host': CONTROLLER,
            'transport_url': chosen.transport_url,
            'state_path': files,
            'api_paste_config': home / 'api-paste.ini',
            'resource_query_filters_file': home / 'resource_filters.json',
            'report_interval': 5,
            'service_down_time': 30,
            # How often it looks whether a periodic task is due, and how
            # often a backend tells the scheduler its capacity.
            'periodic_interval': 5,
            'periodic_fuzzy_delay': 1,
            'backend_stats_polling_interval': 10,
            'rpc_response_timeout': 30,
            'graceful_shutdown_timeout': 8,
            'quota_volumes': -1,
            'quota_snapshots': -1,
            'quota_gigabytes': -1,
        },
        'database': _connection(chosen, 'cinder'),
        'keystone_authtoken': _token(chosen, 'cinder'),
        'service_user': {
            **_password(chosen, 'cinder'),
            'send_service_user_token': 'true',
        },
        # Nova is told when a volume that a server uses has grown.
        'nova': _password(chosen, 'nova'),
        'oslo_messaging_notifications': {
            **_ANNOUNCED,
            'topics': CINDER_TOPIC,
        },
        'oslo_messaging_rabbit': _IMPATIENT_RABBIT,
        'oslo_concurrency': {'lock_path': files / 'locks'},
    }


def _storage(chosen: settings.Settings, backend: Backend) -> Sections:
    return {
        'DEFAULT': {'host': backend.host, 'enabled_backends': backend.name},
        backend.name: {
            'volume_driver': 'sparse_files.SparseFilesDriver',
            'volume_backend_name': backend.name,
            'devcloud_pools': ','.join(backend.pools),
            'devcloud_pool_gb': 1024,
            'devcloud_folder': chosen.data / 'cinder' / backend.name,
        },
    }


def _connection(chosen: settings.Settings, name: str) -> dict[str, object]:
    return {
        'connection': database.url(chosen, name),
        'max_pool_size': 10,
        'max_overflow': 20,
        # A database that is away is noticed at once.
        'max_retries': 1,
        'retry_interval': 1,
    }


def _password(chosen: settings.Settings, user: str) -> dict[str, object]:
    return {
        'auth_type': 'password',
        'auth_url': chosen.auth_url,
        'username': user,
        'password': settings.PASSWORD,
        'project_name': 'service',
        'user_domain_name': 'Default',
        'project_domain_name': 'Default',
        'region_name': settings.REGION,
    }


def _token(chosen: settings.Settings, user: str) -> dict[str, object]:
    return {
        **_password(chosen, user),
        'www_authenticate_uri': chosen.auth_url,
        'service_token_roles': 'service',
        'service_token_roles_required': 'true',
    }

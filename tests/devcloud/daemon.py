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

"""The daemon under test, as an operator starts it."""

import dataclasses
import pathlib
import shutil
import signal
import sys
import typing

from tests.devcloud import cloud
from tests.devcloud import configuration
from tests.devcloud import errors
from tests.devcloud import model_client
from tests.devcloud import settings

_NAME: typing.Final = 'cdm-graph'
#: Seconds; longer than a run: what is periodic does not happen.
_NEVER: typing.Final = 3600
#: The control_exchange of each service, by the name of its collector; that
#: of Cinder is oslo.messaging's own default.
_EXCHANGES: typing.Final = {'nova': 'nova', 'cinder': 'openstack'}


@dataclasses.dataclass(frozen=True)
class Watching:
    """What the daemon asks, and what it listens to; it may be to nothing."""

    collectors: tuple[str, ...] = ('nova', 'cinder')
    topics: tuple[str, ...] = (
        *configuration.Announcing().topics,
        configuration.CINDER_TOPIC,
    )

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Where the topics are."""
        return tuple(_EXCHANGES[name] for name in self.collectors)


class Daemon:
    """``cdm-graph serve`` beside a cloud.

    It synchronizes when it starts, and does not poll unless it is told to.
    """

    def __init__(
        self,
        beside: cloud.Cloud,
        watching: Watching = Watching(),
    ) -> None:
        """Prepare it for that cloud; without topics it knows of no bus."""
        self._watching = watching
        self._settings = beside.settings
        self._supervisor = beside.supervisor
        self._socket = self._settings.socket('cdm-graph.sock')
        self._file = self._settings.configuration / 'cdm-graph.conf'
        self.client = model_client.ModelClient(self._socket)

    def configure(self, poll_period: int = _NEVER) -> pathlib.Path:
        """Write its configuration file, and return where it is."""
        settings.write(self._file, self._text(poll_period))
        return self._file

    def start(self, poll_period: int = _NEVER) -> None:
        """Start it; return when its model is complete."""
        self.configure(poll_period)
        self._supervisor.spawn(
            _NAME, [_command(), '--config-file', str(self._file), 'serve']
        )
        self._supervisor.wait(_NAME, self._is_ready)

    def poll_every(self, seconds: int) -> None:
        """Have it poll from now on, if it runs."""
        self.configure(seconds)
        self._supervisor.send(_NAME, signal.SIGHUP)

    def stop(self) -> None:
        """End it in good order."""
        self._supervisor.stop([_NAME], grace=15)

    def _is_ready(self) -> bool:
        try:
            return bool(self.client.status()['state'] == 'ready')
        except errors.DevcloudError:
            # It answers 503 until then.
            return False

    def _text(self, poll_period: int) -> str:
        return '\n'.join(
            (
                '[nova]',
                'auth_type = password',
                f'auth_url = {self._settings.auth_url}',
                'username = admin',
                f'password = {settings.PASSWORD}',
                'project_name = admin',
                'user_domain_name = Default',
                'project_domain_name = Default',
                f'region_name = {settings.REGION}',
                '',
                *self._notifications(),
                '[api]',
                f'listen = {settings.ADDRESS}:{self._settings.port(_NAME)}',
                'auth_strategy = keystone',
                '',
                '[keystone_authtoken]',
                'auth_type = password',
                f'auth_url = {self._settings.auth_url}',
                f'www_authenticate_uri = {self._settings.auth_url}',
                'username = nova',
                f'password = {settings.PASSWORD}',
                'project_name = service',
                'user_domain_name = Default',
                'project_domain_name = Default',
                # A token that is revoked is found out at once.
                'token_cache_time = -1',
                '',
                '[daemon]',
                f'socket = {self._socket}',
                '',
                '[collector]',
                f'collectors = {",".join(self._watching.collectors)}',
                f'nova_period = {_NEVER}',
                f'cinder_period = {_NEVER}',
                f'poll_period = {poll_period}',
                # Else what changed for another reason lately is asked for
                # again, and shows what a poll cannot find by itself.
                'poll_overlap = 2',
                '',
            )
        )

    def _notifications(self) -> tuple[str, ...]:
        if not self._watching.topics:
            return ()
        return (
            '[notifications]',
            f'transport_url = {self._settings.transport_url}',
            f'topics = {",".join(self._watching.topics)}',
            f'exchanges = {",".join(self._watching.exchanges)}',
            '',
        )


def _command() -> str:
    beside = pathlib.Path(sys.executable).with_name(_NAME)
    found = str(beside) if beside.exists() else shutil.which(_NAME)
    if not found:
        raise errors.DevcloudError(
            f'the command {_NAME} is not installed beside '
            f'{sys.executable}: run "pip install ." first'
        )
    return found

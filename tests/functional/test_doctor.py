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

"""The doctor finds each misconfiguration, and leaves nothing behind."""

import collections.abc
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing

from kombu import connection as kombu_connection
import pytest

from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from tests.functional import bus as buses
from tests.functional import conftest
from tests.functional import rig
from tests.functional import truths

_PROGRAM: typing.Final = (sys.executable, '-m', 'cdm_graph.cmd.main')
_CTL: typing.Final = '/usr/lib/rabbitmq/bin/rabbitmqctl'
_TIMEOUT: typing.Final = 90.0
_SECONDS: typing.Final = 7
#: Rows are dated in whole seconds: what happens at once is not judged.
_INTO_IT: typing.Final = 3.0
_FAILURE: typing.Final = 1

Act = collections.abc.Callable[[process.Simulation], None]


class Doctor:
    """The doctor as a process, beside a cloud."""

    def __init__(
        self,
        folder: pathlib.Path,
        configuration: pathlib.Path,
        seconds: float = _SECONDS,
    ) -> None:
        self._errors = folder / 'doctor.err'
        with self._errors.open('wb') as errors:
            self._process = subprocess.Popen(
                [
                    *(*_PROGRAM, '--config-file', str(configuration)),
                    *('doctor', '--json', '--seconds', str(seconds)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=rig.environment({}),
            )

    def wait_until_it_watches(self) -> None:
        rig.eventually('it watches', lambda: 'Watching' in self.errors)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, dict[str, typing.Any]]:
        """Return the exit code, and what was printed."""
        shown, _ = self._process.communicate(timeout=_TIMEOUT)
        assert 'Traceback' not in self.errors, self.errors
        return self._process.returncode, json.loads(shown or '{}')

    @property
    def errors(self) -> str:
        return self._errors.read_text()


def _configuration(
    cloud: process.Simulation,
    folder: pathlib.Path,
    transport_url: str | None,
    **more: collections.abc.Mapping[str, object],
) -> pathlib.Path:
    options = rig.merged(
        conftest.daemon_options(cloud, transport_url),
        {'daemon': {'socket': folder / 'cdm.sock'}},
    )
    return rig.write_configuration(
        folder / 'doctor.conf', rig.merged(options, more)
    )


def _examined(
    doctor: Doctor, cloud: process.Simulation, act: Act
) -> tuple[int, dict[str, typing.Any]]:
    """Have the doctor watch while something happens."""
    doctor.wait_until_it_watches()
    time.sleep(_INTO_IT)
    act(cloud)
    return doctor.end()


def _rename(cloud: process.Simulation) -> None:
    uuid = rig.plain_servers(cloud)[0]
    cloud.perform(cloud.operations.rename(uuid, f'x{time.monotonic_ns()}'))


def _power_off(cloud: process.Simulation) -> None:
    uuid = rig.plain_servers(cloud)[0]
    cloud.perform(cloud.operations.power_off(uuid))


def _severities(document: dict[str, typing.Any]) -> dict[str, str]:
    """Return the worst severity of each name; the worst come first."""
    return {
        each['name']: each['severity']
        for each in reversed(document['findings'])
    }


def _queues(bus: buses.Bus) -> set[str]:
    """Return the queues of the broker, which only itself can list."""
    listed = subprocess.run(
        [_CTL, '--quiet', 'list_queues', '--no-table-headers', 'name'],
        env={**os.environ, **bus.environment},
        capture_output=True,
        timeout=_TIMEOUT,
        check=True,
        text=True,
    )
    return set(listed.stdout.split())


def _traces(bus: buses.Bus) -> set[str]:
    return {name for name in _queues(bus) if 'doctor' in name}


def test_beside_a_daemon_it_takes_nothing_and_leaves_nothing(
    bus: buses.Bus,
    folder: pathlib.Path,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(transport_url=bus.url, rate=10)
    daemon = new_daemon(cloud, bus.url).start()
    doctor = Doctor(folder, daemon.configuration)
    doctor.wait_until_it_watches()
    assert _traces(bus)
    code, document = doctor.end()
    assert code == 0
    severities = _severities(document)
    assert severities['queue sharing'] == 'ok'
    # Nobody reads the queue that belongs to the topic itself.
    assert severities.pop('undrained queues') == 'advice'
    assert set(severities.values()) == {'ok'}, severities
    assert document['servers_changed'] > 0
    assert not _traces(bus)
    # The daemon has heard all of it, and the model is right.
    status = rig.drained(cloud, daemon)
    assert status['bus']['interruptions'] == 0
    heard = sum(each['count'] for each in document['heard'])
    assert 0 < heard <= status['notifications']['received']
    truths.assert_equal(daemon.exported(), cloud)


@pytest.mark.parametrize('pool', ['shared', ''])
def test_two_daemons_on_one_queue_are_found(
    bus: buses.Bus,
    folder: pathlib.Path,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
    pool: str,
) -> None:
    cloud = new_cloud(transport_url=bus.url)
    daemons = [
        new_daemon(cloud, bus.url, notifications={'pool': pool})
        for _ in range(2)
    ]
    daemons[0].start()
    # They take each other's heartbeats too.
    daemons[1].start(ready=False)
    code, document = Doctor(folder, daemons[0].configuration, 1).end()
    assert code == _FAILURE
    assert _severities(document)['queue sharing'] == 'wrong'
    assert daemons[1].terminate()[0] == 0
    code, document = Doctor(folder, daemons[0].configuration, 1).end()
    assert _severities(document)['queue sharing'] == 'ok'


def test_a_queue_without_a_reader_is_found(
    bus: buses.Bus, folder: pathlib.Path, new_cloud: conftest.CloudFactory
) -> None:
    cloud = new_cloud(transport_url=bus.url)
    configuration = _configuration(cloud, folder, bus.url)
    _code, document = _examined(Doctor(folder, configuration), cloud, _rename)
    (each,) = (
        each
        for each in document['findings']
        if each['name'] == 'undrained queues'
    )
    assert each['severity'] == 'advice'
    assert 'versioned_notifications.info' in each['finding']
    assert document['queues']['versioned_notifications.info']['depth'] > 0


@pytest.mark.parametrize(
    ('options', 'settings', 'found', 'code'),
    [
        pytest.param(
            {'formats': notification.Format.BOTH},
            {},
            {'format': 'advice'},
            0,
            id='both',
        ),
        pytest.param(
            {'formats': notification.Format.UNVERSIONED},
            {},
            {'events': 'wrong'},
            _FAILURE,
            id='legacy-elsewhere',
        ),
        pytest.param(
            {'formats': notification.Format.UNVERSIONED},
            {'topics': 'notifications'},
            {'format': 'stale', 'missing events': 'ok'},
            0,
            id='legacy',
        ),
        pytest.param(
            {'notify_on_state_change': False},
            {},
            {'instance.update': 'stale', 'events': 'ok'},
            0,
            id='no-updates',
        ),
        pytest.param(
            {},
            {'topics': 'cdm_graph'},
            {'events': 'wrong'},
            _FAILURE,
            id='another-topic',
        ),
        pytest.param(
            {},
            {'exchanges': 'elsewhere'},
            {'events': 'wrong'},
            _FAILURE,
            id='another-exchange',
        ),
        pytest.param(
            {'transport_url': None},
            {},
            {'events': 'wrong', 'delivery': 'ok'},
            _FAILURE,
            id='no-driver',
        ),
    ],
)
def test_what_nova_does_not_announce_is_found(
    bus: buses.Bus,
    folder: pathlib.Path,
    new_cloud: conftest.CloudFactory,
    options: dict[str, typing.Any],
    settings: dict[str, str],
    found: dict[str, str],
    code: int,
) -> None:
    cloud = new_cloud(**{'transport_url': bus.url, **options})
    configuration = _configuration(
        cloud, folder, bus.url, notifications=settings
    )
    seen, document = _examined(
        Doctor(folder, configuration), cloud, _power_off
    )
    assert found.items() <= _severities(document).items()
    assert seen == code


def _on_storage_and_metal(cloud: process.Simulation) -> None:
    _power_off(cloud)
    cloud.perform(cloud.operations.create_volume('new'))
    machine = next(iter(cloud.cloud.metal.machines))
    cloud.perform(cloud.metal.set_maintenance(machine, 'a fan'))


@pytest.mark.parametrize(
    ('settings', 'severity', 'code'),
    [
        pytest.param(
            {
                'topics': 'versioned_notifications,notifications,'
                'ironic_versioned_notifications',
                'exchanges': 'nova,openstack,ironic',
            },
            'ok',
            0,
            id='right',
        ),
        # Where they announce unless they are told otherwise is heard as well.
        pytest.param({}, 'wrong', _FAILURE, id='elsewhere'),
    ],
)
def test_storage_and_machines_are_examined_alike(
    bus: buses.Bus,
    folder: pathlib.Path,
    new_cloud: conftest.CloudFactory,
    settings: dict[str, str],
    severity: str,
    code: int,
) -> None:
    cloud = new_cloud(transport_url=bus.url, machines=2)
    configuration = _configuration(
        cloud,
        folder,
        bus.url,
        notifications=settings,
        collector={'collectors': 'nova,cinder,ironic'},
    )
    seen, document = _examined(
        Doctor(folder, configuration), cloud, _on_storage_and_metal
    )
    found = {
        each['service']: each
        for each in document['findings']
        if each['name'] == 'events'
    }
    assert found.pop('Nova')['severity'] == 'ok'
    assert set(found) == {'Cinder', 'Ironic'}
    for each in found.values():
        assert each['severity'] == severity, each
    assert seen == code
    assert set(document['services']) == set(found)
    assert document['services']['Cinder']['changed'] == 1
    assert not _traces(bus)


def test_a_bus_that_cannot_be_used_is_a_finding(
    bus: buses.Bus, folder: pathlib.Path, new_cloud: conftest.CloudFactory
) -> None:
    cloud = new_cloud()
    for url, words in (
        (bus.url_with_wrong_password, 'ACCESS_REFUSED'),
        ('rabbit://guest:wrong@127.0.0.1:1/', 'refused'),
        (f'{bus.url}no-such-vhost', 'vhost'),
    ):
        configuration = _configuration(cloud, folder, url)
        doctor = Doctor(folder, configuration, 1)
        code, document = doctor.end()
        assert code == _FAILURE
        (each,) = (x for x in document['findings'] if x['name'] == 'bus')
        assert each['severity'] == 'wrong'
        assert words in each['finding']
        # The cloud is looked at all the same.
        assert _severities(document)['policy'] == 'ok'
        assert 'wrong@' not in doctor.errors + json.dumps(document)


def test_a_cloud_that_is_away_is_a_finding(
    bus: buses.Bus, folder: pathlib.Path, new_cloud: conftest.CloudFactory
) -> None:
    cloud = new_cloud()
    configuration = _configuration(
        cloud,
        folder,
        bus.url,
        nova={'auth_url': 'http://127.0.0.1:1/identity'},
    )
    code, document = Doctor(folder, configuration, 1).end()
    assert code == _FAILURE
    severities = _severities(document)
    assert severities['API'] == 'wrong'
    assert severities['delivery'] == 'ok'


def test_what_nova_refuses_and_cuts_short_is_found(
    bus: buses.Bus, folder: pathlib.Path, new_cloud: conftest.CloudFactory
) -> None:
    cloud = new_cloud(max_limit=10)
    configuration = _configuration(cloud, folder, bus.url)
    code, document = Doctor(folder, configuration, 1).end()
    assert _severities(document)['page size'] == 'advice'
    assert code == 0, document['findings']
    cloud.faults.fail('/servers/detail$', 403, None)
    code, document = Doctor(folder, configuration, 1).end()
    assert code == _FAILURE
    assert _severities(document)['policy'] == 'wrong'


def test_an_exchange_of_another_kind_is_found(
    bus: buses.Bus, folder: pathlib.Path, new_cloud: conftest.CloudFactory
) -> None:
    with kombu_connection.Connection(
        bus.url.replace('rabbit:', 'amqp:')
    ) as connection:
        connection.channel().exchange_declare(
            'durable', 'topic', durable=True, auto_delete=False
        )
    configuration = _configuration(
        new_cloud(), folder, bus.url, notifications={'exchanges': 'durable'}
    )
    code, document = Doctor(folder, configuration, 1).end()
    assert code == _FAILURE
    (each,) = (x for x in document['findings'] if x['name'] == 'declarations')
    assert each['severity'] == 'wrong'
    assert 'amqp_durable_queues' in each['set'][0]
    assert not _traces(bus)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_who_breaks_it_off_leaves_nothing_behind(
    bus: buses.Bus,
    folder: pathlib.Path,
    new_cloud: conftest.CloudFactory,
    number: signal.Signals,
) -> None:
    cloud = new_cloud(transport_url=bus.url, rate=10)
    configuration = _configuration(cloud, folder, bus.url)
    doctor = Doctor(folder, configuration, 60)
    doctor.wait_until_it_watches()
    assert _traces(bus)
    doctor.signal(number)
    code, document = doctor.end()
    assert code == _FAILURE
    assert not document
    assert not _traces(bus)


def test_a_broker_that_dies_meanwhile_is_a_finding(
    bus: buses.Bus, folder: pathlib.Path, new_cloud: conftest.CloudFactory
) -> None:
    cloud = new_cloud()
    configuration = _configuration(cloud, folder, bus.url)
    doctor = Doctor(folder, configuration, 10)
    code, document = _examined(doctor, cloud, lambda _: bus.kill())
    assert code == _FAILURE
    assert _severities(document)['delivery'] == 'wrong'
    assert 'rabbitmqctl delete_queue' in doctor.errors


def test_it_tells_people_what_to_set(
    bus: buses.Bus, folder: pathlib.Path, new_cloud: conftest.CloudFactory
) -> None:
    cloud = new_cloud()
    configuration = _configuration(cloud, folder, None)
    result = rig.run('--config-file', configuration, 'doctor')
    assert result.returncode == 0
    assert result.stdout.startswith('stale: bus\n')
    assert '[notifications] transport_url' in result.stdout
    assert result.stdout.endswith('verdict: stale\n')
    assert 'Watching' not in result.stderr

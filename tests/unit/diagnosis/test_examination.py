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

"""A whole examination, on the bus within the process."""

import collections.abc
import typing

import oslo_messaging
import pytest

from cdm_graph.collector import cinder
from cdm_graph.conf import loading
from cdm_graph.diagnosis import broker
from cdm_graph.diagnosis import ear as ears
from cdm_graph.diagnosis import examination
from cdm_graph.diagnosis import report as reports
from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from tests.support import memory
from tests.unit.diagnosis import conftest

pytestmark = pytest.mark.usefixtures('_own_bus', '_nothing_to_delete')

_SECONDS: typing.Final = 10.0
_PERIOD: typing.Final = 0.02

Act = collections.abc.Callable[[process.Simulation], None]
CatchUp = collections.abc.Callable[[], None]
Examine = collections.abc.Callable[..., reports.Report]


@pytest.fixture
def _nothing_to_delete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for what could make a queue that is deleted anew."""
    monkeypatch.setattr(examination, '_SETTLE', 0.0)


@pytest.fixture
def catch_up(monkeypatch: pytest.MonkeyPatch) -> CatchUp:
    """Return what waits until the ears have heard what was announced."""
    hearing: list[ears.Ear] = []

    class Ear(ears.Ear):
        def __init__(self, *where: typing.Any, **options: typing.Any) -> None:
            super().__init__(*where, **{**options, 'period': _PERIOD})

        def start(self) -> None:
            hearing.append(self)
            super().start()

        def stop(self) -> None:
            hearing.remove(self)
            super().stop()

    monkeypatch.setattr(ears, 'Ear', Ear)

    def wait() -> None:
        # A message of an ear's own comes behind all others, unless the bus
        # looked for the others just before they were there: so two of them.
        wanted = [(each, each._heartbeat._sent + 2) for each in hearing]
        memory.eventually(
            lambda: all(len(each.delays) >= count for each, count in wanted)
        )

    return wait


@pytest.fixture
def examine(shifted: conftest.ShiftedClock, catch_up: CatchUp) -> Examine:
    """Return what examines a cloud in which something happens meanwhile."""

    def run(
        cloud: process.Simulation,
        act: Act | None = None,
        collectors: tuple[str, ...] = ('nova',),
        **options: object,
    ) -> reports.Report:
        conf = conftest.configuration(
            cloud, *collectors, **{'transport_url': 'fake://', **options}
        )

        def wait(seconds: float) -> None:
            if seconds == _SECONDS:
                shifted.shift += seconds / 2
                if act is not None:
                    act(cloud)
                shifted.shift += seconds / 2
                catch_up()

        return examination.Examination(
            conf, _SECONDS, clock=shifted, wait=wait
        ).run()

    return run


def _plain(cloud: process.Simulation) -> str:
    return next(
        row.uuid
        for row in cloud.cloud.servers
        if row.vm_state == 'active' and row.task_state is None
    )


def _rename(cloud: process.Simulation) -> None:
    cloud.perform(cloud.operations.rename(_plain(cloud), 'renamed'))


def _power_off(cloud: process.Simulation) -> None:
    cloud.perform(cloud.operations.power_off(_plain(cloud)))


def _severities(report: reports.Report) -> dict[str, str]:
    return {
        each.name: each.severity.value for each in reversed(report.findings)
    }


def test_a_healthy_cloud_is_ok(
    new_cloud: conftest.CloudFactory, examine: Examine
) -> None:
    report = examine(new_cloud(transport_url='fake://'), _power_off)
    assert _severities(report) == {
        # That bus does not tell of its queues.
        'queues': 'unknown',
        **dict.fromkeys(
            (
                *('bus', 'delivery', 'microversion', 'policy', 'projects'),
                *('page size', 'first list', 'events', 'format'),
                'instance.update',
                *('missing events', 'clock of the API'),
                'clocks of the services',
            ),
            'ok',
        ),
    }
    assert ('versioned_notifications', 'instance.power_off.end') in {
        (topic, name) for topic, _, name, _ in report.heard
    }


@pytest.mark.parametrize(
    ('options', 'act', 'settings', 'found', 'verdict'),
    [
        pytest.param(
            {'notify_on_state_change': False},
            _power_off,
            {},
            {'instance.update': 'stale', 'events': 'ok'},
            'stale',
            id='no-updates',
        ),
        pytest.param(
            {'formats': notification.Format.BOTH},
            _rename,
            {},
            {'format': 'advice', 'events': 'ok'},
            'advice',
            id='both',
        ),
        pytest.param(
            {'formats': notification.Format.UNVERSIONED},
            _rename,
            {},
            {'events': 'wrong'},
            'wrong',
            id='legacy-elsewhere',
        ),
        pytest.param(
            {'formats': notification.Format.UNVERSIONED},
            _rename,
            {'topics': ['notifications']},
            {'format': 'stale', 'instance.update': 'ok'},
            'stale',
            id='legacy',
        ),
        pytest.param(
            {},
            _rename,
            {'topics': ['cdm_graph']},
            {'events': 'wrong'},
            'wrong',
            id='another-topic',
        ),
        pytest.param(
            {},
            _rename,
            {'exchanges': ['openstack']},
            {'events': 'wrong'},
            'wrong',
            id='another-exchange',
        ),
        pytest.param(
            {'transport_url': None},
            _rename,
            {},
            {'events': 'wrong'},
            'wrong',
            id='no-driver',
        ),
        pytest.param(
            {}, None, {}, {'events': 'unknown'}, 'unknown', id='quiet'
        ),
        pytest.param(
            {},
            _rename,
            {'transport_url': None},
            {'bus': 'stale', 'policy': 'ok'},
            'stale',
            id='no-bus',
        ),
        pytest.param(
            {},
            _rename,
            {'transport_url': 'pigeon://host/'},
            {'bus': 'wrong', 'policy': 'ok'},
            'wrong',
            id='no-such-driver',
        ),
        pytest.param(
            {},
            _rename,
            {'transport_url': 'rabbit://u:cutlass@127.0.0.1:9/'},
            {'bus': 'wrong', 'policy': 'ok'},
            'wrong',
            id='no-broker',
        ),
        pytest.param(
            {'max_limit': 5},
            _rename,
            {},
            {'page size': 'advice'},
            'advice',
            id='limit',
        ),
        pytest.param(
            {'max_microversion': (2, 60)},
            _rename,
            {},
            {'API': 'wrong'},
            'wrong',
            id='old-nova',
        ),
    ],
)
def test_each_misconfiguration_is_found(
    new_cloud: conftest.CloudFactory,
    examine: Examine,
    options: dict[str, typing.Any],
    act: Act | None,
    settings: dict[str, typing.Any],
    found: dict[str, str],
    verdict: str,
) -> None:
    cloud = new_cloud(**{'transport_url': 'fake://', **options})
    report = examine(cloud, act, **settings)
    assert found.items() <= _severities(report).items()
    assert report.verdict.value == verdict
    assert 'cutlass' not in str(report.findings)


# -- beyond Nova ---

_ALL: typing.Final = ('nova', 'cinder', 'ironic')
_EVERYWHERE: typing.Final = {
    'topics': [
        'versioned_notifications',
        'notifications',
        'ironic_versioned_notifications',
    ],
    'exchanges': ['nova', 'openstack', 'ironic'],
}


def _of(service: str, report: reports.Report) -> dict[str, str]:
    """Return the worst of each check of a service."""
    return {
        each.name: each.severity.value
        for each in reversed(report.findings)
        if each.service == service
    }


def _everywhere(cloud: process.Simulation) -> None:
    _power_off(cloud)
    _on_storage_and_metal(cloud)


def _on_storage_and_metal(cloud: process.Simulation) -> None:
    cloud.perform(cloud.operations.create_volume('new'))
    machine = next(iter(cloud.cloud.metal.machines))
    cloud.perform(cloud.metal.set_maintenance(machine, 'a fan'))


def test_a_healthy_cloud_with_storage_and_machines_is_ok(
    new_cloud: conftest.CloudFactory, examine: Examine
) -> None:
    cloud = new_cloud(transport_url='fake://', machines=2)
    report = examine(cloud, _everywhere, _ALL, **_EVERYWHERE)
    for service in ('Cinder', 'Ironic'):
        assert _of(service, report) == dict.fromkeys(
            (
                *('microversion', 'policy', 'projects', 'page size'),
                *('first list', 'events', 'missing events'),
                'clock of the API',
            ),
            'ok',
        )
    assert set(_of('Nova', report).values()) == {'ok'}
    assert _severities(report)['clocks of the services'] == 'ok'


def test_only_what_is_configured_is_looked_at(
    new_cloud: conftest.CloudFactory, examine: Examine
) -> None:
    cloud = new_cloud(transport_url='fake://', machines=2)
    cloud.faults.fail('/servers/detail$', 403, None)
    cloud.faults.fail('/nodes$', 403, None)
    report = examine(cloud, _everywhere, ('cinder',), **_EVERYWHERE)
    assert {each.service for each in report.findings} == {None, 'Cinder'}
    assert _of('Cinder', report)['events'] == 'ok'
    assert report.verdict.value == 'unknown'


@pytest.mark.parametrize(
    ('options', 'settings', 'severity', 'words'),
    [
        pytest.param({'transport_url': None}, {}, 'wrong', '', id='off'),
        pytest.param(
            {},
            {'exchanges': ['nova']},
            'wrong',
            'and nothing on what the daemon listens to',
            id='another-exchange',
        ),
        pytest.param(
            {},
            {'topics': ['versioned_notifications']},
            'wrong',
            'and nothing on what the daemon listens to',
            id='another-topic',
        ),
        pytest.param({}, {}, 'ok', '', id='right'),
    ],
)
def test_what_a_service_does_not_announce_is_found(
    new_cloud: conftest.CloudFactory,
    examine: Examine,
    options: dict[str, typing.Any],
    settings: dict[str, typing.Any],
    severity: str,
    words: str,
) -> None:
    cloud = new_cloud(**{'transport_url': 'fake://', 'machines': 2, **options})
    report = examine(
        cloud, _on_storage_and_metal, _ALL, **{**_EVERYWHERE, **settings}
    )
    found = {
        each.service: each
        for each in report.findings
        if each.name == 'events' and each.service != 'Nova'
    }
    assert set(found) == {'Cinder', 'Ironic'}
    for each in found.values():
        assert each.severity == severity
        assert words in each.words


def test_storage_and_machines_that_are_quiet_are_unknown(
    new_cloud: conftest.CloudFactory, examine: Examine
) -> None:
    cloud = new_cloud(transport_url='fake://', machines=2)
    report = examine(cloud, _power_off, _ALL, **_EVERYWHERE)
    for service in ('Cinder', 'Ironic'):
        assert _of(service, report)['events'] == 'unknown'
    assert _of('Nova', report)['events'] == 'ok'


def test_volumes_that_cinder_hides_are_found(
    new_cloud: conftest.CloudFactory, examine: Examine
) -> None:
    """As it does from who is no administrator."""
    cloud = new_cloud()
    storage = cloud.cloud.storage
    for each in list(storage.attachments.values()):
        storage.remove_attachment(each.uuid)
        if storage.volumes.find(each.volume) is not None:
            storage.remove_volume(each.volume)
    for row in list(storage.volumes):
        storage.change_volume(row.uuid, project=cloud.cloud.admin)
    report = examine(cloud, None, ('nova', 'cinder'), transport_url=None)
    assert _of('Cinder', report)['projects'] == 'wrong'
    report = examine(cloud, None, ('cinder',), transport_url=None)
    assert _of('Cinder', report)['projects'] == 'advice'


def test_a_service_that_is_away_keeps_the_others_from_nothing(
    new_cloud: conftest.CloudFactory, examine: Examine
) -> None:
    cloud = new_cloud(transport_url='fake://')
    report = examine(cloud, _power_off, _ALL, **_EVERYWHERE)
    # The catalog of a cloud without machines has no Ironic.
    assert _of('Ironic', report) == {'API': 'wrong', 'events': 'unknown'}
    assert _of('Cinder', report)['policy'] == 'ok'
    assert _of('Nova', report)['events'] == 'ok'


def test_a_collector_that_is_not_installed_is_found(
    new_cloud: conftest.CloudFactory, examine: Examine
) -> None:
    cloud = new_cloud()
    report = examine(cloud, None, ('nova', 'pigeon'), transport_url=None)
    (each,) = (x for x in report.findings if x.name == 'collectors')
    assert each.severity == 'wrong'
    assert "'pigeon'" in each.words
    assert _of('Nova', report)['policy'] == 'ok'


def test_a_collector_that_relies_on_nobody_is_told(
    new_cloud: conftest.CloudFactory,
    examine: Examine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cinder.CinderClusterModelCollector, 'announcer', None)
    cloud = new_cloud(transport_url='fake://')
    report = examine(cloud, None, ('nova', 'cinder'), **_EVERYWHERE)
    assert _of('cinder', report) == {'events': 'ok'}
    assert 'events' not in _of('Cinder', report)


def test_a_host_that_does_not_announce_is_found(
    new_cloud: conftest.CloudFactory, examine: Examine
) -> None:
    cloud = new_cloud(transport_url='fake://')
    silent, loud = [
        row.uuid
        for row in cloud.cloud.servers
        if row.vm_state == 'active' and row.task_state is None
    ][:2]

    def act(cloud: process.Simulation) -> None:
        cloud.perform(cloud.operations.rename(loud, 'loud'))
        for _unsent in cloud.operations.rename(silent, 'silent'):
            pass

    report = examine(cloud, act)
    (each,) = (x for x in report.findings if x.name == 'missing events')
    assert each.severity == 'stale'
    assert str(cloud.cloud.server(silent).host) in each.words


def test_a_wrong_password_of_the_cloud_does_not_keep_the_bus_from_it(
    new_cloud: conftest.CloudFactory, examine: Examine, catch_up: CatchUp
) -> None:
    cloud = new_cloud(transport_url='fake://')
    report = examine(cloud, _rename)
    assert report.verdict.value != 'wrong'
    conf = conftest.configuration(cloud, transport_url='fake://')
    conf.set_override('password', 'cutlass', 'nova')
    report = examination.Examination(
        conf, _SECONDS, wait=lambda _: catch_up()
    ).run()
    severities = _severities(report)
    assert severities['API'] == 'wrong'
    assert severities['delivery'] == 'ok'
    assert 'cutlass' not in str(report.findings)


def test_no_credentials_are_a_finding() -> None:
    conf = loading.load(find_files=False)
    severities = _severities(examination.Examination(conf, 0.5).run())
    assert severities == {'API': 'wrong', 'bus': 'stale'}


def test_a_watch_that_is_broken_off_hears_no_more(
    new_cloud: conftest.CloudFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = new_cloud()
    conf = conftest.configuration(cloud, transport_url='fake://')
    stopped: list[object] = []
    ear = examination.ears.Ear
    stop = ear.stop
    monkeypatch.setattr(
        ear, 'stop', lambda self: (stopped.append(self), stop(self))
    )

    def wait(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examination.Examination(conf, 60.0, wait=wait).run()
    assert len(stopped) == 2


def test_a_bus_that_is_no_rabbit_has_no_broker() -> None:
    conf = loading.load(find_files=False)
    oslo_messaging.get_notification_transport(conf, url='fake://')
    assert broker.find(conf, 'fake://') is None

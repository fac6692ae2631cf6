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

"""A service that is watched, whatever becomes of it."""

import dataclasses

import pytest

from cdm_graph.collector import cinder_client
from cdm_graph.collector import ironic_client
from cdm_graph.collector import rest_client
from cdm_graph.conf import loading
from cdm_graph.diagnosis import service_watch
from cdm_graph.diagnosis import subject as subjects
from cdm_graph.simulation import process
from tests.unit.diagnosis import conftest

_CINDER = cinder_client.CinderClient.service
_IRONIC = ironic_client.IronicClient.service
#: A service of a plugin, which is in the catalog.
_STORAGE = dataclasses.replace(_CINDER, name='Storage')


def _watch(
    cloud: process.Simulation,
    clock: conftest.ShiftedClock,
    service: rest_client.Service = _CINDER,
) -> service_watch.ServiceWatch:
    return service_watch.ServiceWatch(
        conftest.configuration(cloud, 'cinder'), service, clock
    )


def test_what_changes_meanwhile_is_seen(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud(machines=2)
    watches = [_watch(cloud, shifted, each) for each in (_CINDER, _IRONIC)]
    for each in watches:
        each.look(frozenset())
        each.begin()
    began = shifted.time()
    shifted.shift += 5
    machine = next(iter(cloud.cloud.metal.machines))
    cloud.perform(cloud.operations.create_volume('new'))
    cloud.perform(cloud.metal.set_maintenance(machine, 'a fan'))
    shifted.shift += 5
    for each in watches:
        each.end(began + 1, shifted.time() - 1)
    cinder, ironic = (each.seen for each in watches)
    assert cinder.changes is not None
    (change,) = cinder.changes
    assert cloud.cloud.storage.volumes.get(change.key).name == 'new'
    assert change.is_told
    assert ironic.changes is not None
    assert [each.key for each in ironic.changes] == [machine]


def test_a_service_of_a_plugin_is_asked_what_is_asked_of_all(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    watch = _watch(new_cloud(), shifted, _STORAGE)
    watch.look(frozenset())
    watch.begin()
    watch.end(0.0, 1.0)
    assert watch.name == 'Storage'
    seen = watch.seen
    assert seen.subject == subjects.Subject(name='Storage', group='cinder')
    assert seen.changes is None
    assert seen.facts is not None
    assert seen.facts.difference is not None
    assert seen.facts.difference.least == 0.0


@pytest.mark.parametrize('service', [_CINDER, _IRONIC, _STORAGE])
@pytest.mark.parametrize('what', ['catalog', 'password', 'away'])
def test_a_service_that_does_not_let_us_in_is_evidence(
    new_cloud: conftest.CloudFactory,
    shifted: conftest.ShiftedClock,
    service: rest_client.Service,
    what: str,
) -> None:
    cloud = new_cloud(machines=1)
    conf = conftest.configuration(cloud, 'cinder')
    name, value = {
        'catalog': ('region_name', 'elsewhere'),
        'password': ('password', 'cutlass'),
        'away': ('endpoint_override', 'http://127.0.0.1:9/'),
    }[what]
    group = 'nova' if what == 'password' else service.group
    conf.set_override(name, value, group)
    watch = service_watch.ServiceWatch(conf, service, shifted)
    watch.look(frozenset())
    watch.begin()
    watch.end(0.0, 1.0)
    seen = watch.seen
    assert seen.facts is None
    assert seen.error is not None
    assert 'cutlass' not in seen.error
    assert f'[{service.group}], or [nova]' in seen.remedy[0]


def test_a_group_that_nobody_knows_is_evidence(
    shifted: conftest.ShiftedClock,
) -> None:
    service = dataclasses.replace(_CINDER, group='racks')
    watch = service_watch.ServiceWatch(
        loading.load(find_files=False), service, shifted
    )
    watch.look(frozenset())
    assert 'racks' in str(watch.seen.error)


@pytest.mark.parametrize('path', ['/nodes'])
def test_what_cannot_be_read_any_more_is_unknown(
    new_cloud: conftest.CloudFactory,
    shifted: conftest.ShiftedClock,
    path: str,
) -> None:
    cloud = new_cloud(machines=2)
    watch = _watch(cloud, shifted, _IRONIC)
    watch.look(frozenset())
    watch.begin()
    cloud.faults.fail(f'{path}$', 503, None)
    watch.end(0.0, 1.0)
    assert watch.seen.facts is not None
    assert watch.seen.changes is None


def test_a_service_that_is_too_old_comes_with_what_to_do(
    new_cloud: conftest.CloudFactory,
    shifted: conftest.ShiftedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ironic_client, '_OLDEST', (1, 999))
    watch = _watch(new_cloud(machines=1), shifted, _IRONIC)
    watch.look(frozenset())
    assert '1.999' in str(watch.seen.error)
    assert watch.seen.remedy == (
        'Ironic itself: release 11.1 (Rocky) or newer',
    )

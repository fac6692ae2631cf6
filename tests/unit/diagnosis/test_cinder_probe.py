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

"""What is seen of a simulated Cinder."""

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import cinder_client
from cdm_graph.diagnosis import cinder_probe
from cdm_graph.simulation import process
from tests.unit.diagnosis import conftest


def _probe(
    cloud: process.Simulation, clock: conftest.ShiftedClock, size: int = 500
) -> cinder_probe.CinderProbe:
    conf = conftest.configuration(cloud, 'cinder')
    conf.set_override('cinder_page_size', size, 'collector')
    return cinder_probe.CinderProbe(
        conf, cinder_client.CinderClient.service, clock
    )


def test_a_healthy_cinder_is_seen_whole(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    probe = _probe(cloud, shifted)
    probe.log_in()
    facts = probe.facts()
    assert not facts.errors
    assert facts.microversion is not None
    assert facts.project == cloud.cloud.admin.project_id
    assert facts.difference is not None
    assert facts.difference.least == 0.0
    assert facts.page is not None
    volumes = {row.uuid for row in cloud.cloud.storage.volumes}
    assert facts.page.keys == volumes
    assert (facts.page.rows, facts.page.is_last) == (len(volumes), True)
    assert facts.page.seconds > 0
    assert not facts.page.lacks
    assert len(facts.page.projects) > 1


def test_a_page_that_is_not_the_last_is_told(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    page = _probe(new_cloud(), shifted, size=4).facts().page
    assert page is not None
    assert (page.asked, page.rows, page.is_last) == (4, 4, False)


@pytest.mark.parametrize(
    ('path', 'refused'),
    [
        ('/volumes/detail', {'volumes', 'changed volumes'}),
        ('/snapshots/detail', {'snapshots'}),
        ('/types', {'volume types'}),
        ('/os-services', {'services'}),
        ('/scheduler-stats/get_pools', {'pools'}),
    ],
)
def test_what_a_policy_refuses_is_named(
    new_cloud: conftest.CloudFactory,
    shifted: conftest.ShiftedClock,
    path: str,
    refused: set[str],
) -> None:
    cloud = new_cloud()
    cloud.faults.fail(f'{path}$', 403, None)
    probe = _probe(cloud, shifted)
    probe.log_in()
    facts = probe.facts()
    assert facts.refused == refused
    assert set(facts.errors) == refused
    assert (facts.page is None) == ('volumes' in refused)


def test_a_volume_that_nova_uses_and_cinder_does_not_show_is_missing(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    storage = cloud.cloud.storage
    used = {row.uuid for row in storage.volumes}
    gone = '00000000-0000-4000-8000-00000000dead'
    facts = _probe(cloud, shifted).facts({*used, gone})
    # Those of other projects are shown: nothing is hidden.
    assert facts.missing == ()
    for row in list(storage.volumes):
        storage.change_volume(row.uuid, project=cloud.cloud.admin)
    facts = _probe(cloud, shifted).facts({*used, gone})
    assert facts.missing == (gone,)


def test_what_fails_is_not_taken_for_hidden(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud(volumes=0, instances=0)
    probe = _probe(cloud, shifted)
    gone = '00000000-0000-4000-8000-00000000dead'
    assert probe.facts({gone}).missing == (gone,)
    cloud.faults.fail(f'/volumes/{gone}$', 503, None)
    assert probe.facts({gone}).missing == ()


def test_what_changed_in_a_time_is_told(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    probe = _probe(cloud, shifted)
    operations = cloud.operations
    early, changed, late = [row.uuid for row in cloud.cloud.storage.volumes][
        :3
    ]
    shifted.shift = 10
    cloud.perform(operations.set_volume_bootable(early, True))
    began = shifted.time() + 5
    shifted.shift = 20
    cloud.perform(operations.set_volume_bootable(changed, True))
    cloud.perform(operations.create_volume('new'))
    ended = shifted.time() + 5
    shifted.shift = 40
    cloud.perform(operations.set_volume_bootable(late, True))
    (new,) = (
        row.uuid for row in cloud.cloud.storage.volumes if row.name == 'new'
    )
    seen = {each.key: each.is_told for each in probe.changes({}, began, ended)}
    # Nobody is told that a volume can be booted from.
    assert seen == {changed: False, new: True}


def test_a_cinder_that_is_too_old_is_refused_as_the_daemon_refuses_it(
    new_cloud: conftest.CloudFactory,
    shifted: conftest.ShiftedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        cinder_client, '_OLDEST', cinder_client.api_versions.APIVersion('3.99')
    )
    with pytest.raises(exceptions.UnsupportedCloud, match=r'3\.99'):
        _probe(new_cloud(), shifted).log_in()


def test_a_catalog_without_it_is_a_matter_of_the_configuration(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud(backends=0, volumes=0)
    with pytest.raises(
        exceptions.ConfigurationError, match='no block-storage endpoint'
    ):
        _probe(cloud, shifted).log_in()

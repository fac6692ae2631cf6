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

"""What is seen of a simulated Ironic."""

import pytest

from cdm_graph.collector import ironic_client
from cdm_graph.diagnosis import ironic_probe
from cdm_graph.simulation import process
from tests.unit.diagnosis import conftest


def _probe(
    cloud: process.Simulation, clock: conftest.ShiftedClock
) -> ironic_probe.IronicProbe:
    return ironic_probe.IronicProbe(
        conftest.configuration(cloud, 'ironic'),
        ironic_client.IronicClient.service,
        clock,
    )


def test_a_healthy_ironic_is_seen_whole(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud(machines=3)
    probe = _probe(cloud, shifted)
    probe.log_in()
    facts = probe.facts()
    assert not facts.errors
    assert facts.microversion is not None
    assert facts.difference is not None
    assert facts.page is not None
    assert facts.page.keys == set(cloud.cloud.metal.machines)
    assert (facts.page.rows, facts.page.is_last) == (3, True)
    # They are nobody's: who sees them sees all.
    assert facts.page.projects == {''}
    assert facts.missing == ()


@pytest.mark.parametrize(
    ('path', 'refused'),
    [
        ('/nodes', {'machines', 'outlines of machines'}),
        ('/chassis', {'chassis'}),
    ],
)
def test_what_a_policy_refuses_is_named(
    new_cloud: conftest.CloudFactory,
    shifted: conftest.ShiftedClock,
    path: str,
    refused: set[str],
) -> None:
    cloud = new_cloud(machines=3)
    cloud.faults.fail(f'{path}$', 403, None)
    probe = _probe(cloud, shifted)
    probe.log_in()
    facts = probe.facts()
    assert facts.refused == refused
    assert (facts.page is None) == ('machines' in refused)


@pytest.mark.parametrize(
    ('row', 'holder'),
    [
        ({'owner': 'theirs', 'lessee': 'ours'}, 'ours'),
        ({'owner': 'ours', 'lessee': 'theirs'}, 'ours'),
        ({'owner': 'theirs', 'lessee': None}, 'theirs'),
        ({'owner': None, 'lessee': None}, ''),
        ({}, ''),
    ],
)
def test_a_machine_is_for_who_may_see_it(
    row: dict[str, str | None], holder: str
) -> None:
    assert ironic_probe._holder(row, 'ours') == holder


def test_who_has_no_project_holds_nothing() -> None:
    """The token of a user of the whole system has none."""
    assert ironic_probe._holder({'owner': None}, None) == ''


def test_what_changed_meanwhile_is_told(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud(machines=4)
    probe = _probe(cloud, shifted)
    before = probe.census()
    kept, gone, changed, given = list(cloud.cloud.metal.machines)
    cloud.perform(cloud.metal.delete(gone))
    cloud.perform(cloud.metal.set_maintenance(changed, 'a fan'))
    cloud.perform(cloud.metal.allocate(given, cloud.cloud.new_uuid()))
    cloud.perform(cloud.metal.create('new'))
    (new,) = set(cloud.cloud.metal.machines) - {kept, changed, given}
    seen = {each.key: each.is_told for each in probe.changes(before, 0.0, 0.0)}
    # Nobody is told which machine an allocation takes.
    assert seen == {gone: True, changed: True, new: True, given: False}

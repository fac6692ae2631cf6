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

"""Rows that a real Ironic answered, as elements of the model.

``ironic_recorded.json`` is of an Ironic 39.0.0 with its fake hardware.
"""

import json
import pathlib
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import ironic_rows
from cdm_graph.model import schema

_RECORDED: typing.Final[dict[str, list[dict[str, typing.Any]]]] = json.loads(
    pathlib.Path(__file__).with_name('ironic_recorded.json').read_text()
)


def _row(**wanted: typing.Any) -> dict[str, typing.Any]:
    """Return the first recorded machine like that."""
    return next(
        row for row in _RECORDED['nodes'] if row.items() >= wanted.items()
    )


def test_what_was_recorded_is_understood() -> None:
    for row in _RECORDED['nodes']:
        machine = ironic_rows.machine(row)
        assert machine.uuid == row['uuid']
        assert machine.power_state == row['power_state']
        assert machine.provision_state == row['provision_state']
        assert machine.chassis_uuid == row['chassis_uuid']
        assert machine.created_at is not None
        assert row['uuid'] in machine.compute_names
    for row in _RECORDED['chassis']:
        chassis = ironic_rows.chassis(row)
        assert chassis.uuid == row['uuid']
        assert chassis.description == (row['description'] or '')


def test_a_machine_that_does_not_answer() -> None:
    machine = ironic_rows.machine(_row(fault='power failure'))
    assert (machine.power_state, machine.maintenance) == (None, True)
    assert machine.maintenance_reason
    assert machine.maintenance_reason.startswith('During sync_power_state')


def test_a_machine_that_is_being_turned_on() -> None:
    machine = ironic_rows.machine(_row(target_power_state='power on'))
    assert machine.target_power_state == 'power on'
    assert machine.updated_at is not None
    assert machine.updated_at.microsecond == 0
    assert machine.properties['nested'] == '{"a": [1, 2]}'
    assert machine.properties['cpus'] == '16'


def test_a_machine_that_was_never_changed() -> None:
    assert ironic_rows.machine(_row(updated_at=None)).updated_at is None


@pytest.mark.parametrize(
    'wrong',
    [
        {'uuid': None},
        {'uuid': ''},
        {'properties': 7},
        {'power_state': 7},
        {'extra': 'none'},
        {'updated_at': 'never'},
    ],
)
def test_what_is_not_ironics_is_told(wrong: dict[str, typing.Any]) -> None:
    row = {**_RECORDED['nodes'][0], **wrong}
    with pytest.raises(
        exceptions.CloudAnswerInvalid, match='Ironic shows a BaremetalNode'
    ):
        ironic_rows.machine(row)


def test_a_chassis_that_is_none_is_told() -> None:
    with pytest.raises(
        exceptions.CloudAnswerInvalid, match='Ironic shows a Chassis'
    ):
        ironic_rows.chassis({'description': 'rack'})


def test_an_outline_tells_what_is_new() -> None:
    row = _row(power_state='power on')
    machine = ironic_rows.machine(row)
    outline = {
        name: value
        for name, value in row.items()
        if name not in ('chassis_uuid', 'updated_at')
    }
    assert ironic_rows.is_outline_of(machine, outline)
    assert not ironic_rows.is_outline_of(None, outline)
    changed = {**outline, 'power_state': 'power off'}
    assert not ironic_rows.is_outline_of(machine, changed)
    with pytest.raises(exceptions.CloudAnswerInvalid, match='Ironic shows'):
        ironic_rows.is_outline_of(machine, {**outline, 'properties': 7})


def test_a_row_of_an_older_ironic_may_have_less() -> None:
    row = {'uuid': 'a', 'name': None, 'extra': {}, 'power_state': 'power on'}
    assert ironic_rows.machine(row) == schema.BaremetalNode(
        uuid='a', power_state='power on', compute_names=('a',)
    )

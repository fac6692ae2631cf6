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

"""The file, and whatever can be wrong with it."""

import pathlib

import pytest

from cdm_graph import exceptions
from cdm_graph_racks import elements
from cdm_graph_racks import errors
from cdm_graph_racks import inventory


def test_it_is_read(path: pathlib.Path) -> None:
    found = {each.name: each for each in inventory.read(path)}
    assert found.keys() == {'leaf-1', 'leaf-2', 'r1', 'r2'}
    assert found['leaf-1'] == elements.Switch(name='leaf-1', model='SN2201')
    assert found['r2'] == elements.Rack(
        name='r2',
        room='hall-1',
        power_budget_w=9000,
        hosts=('compute-00003',),
        switches=('leaf-2',),
    )


def test_there_may_be_no_racks_at_all(path: pathlib.Path) -> None:
    path.write_text('{racks: [], switches: []}')
    assert inventory.read(path) == ()


def test_a_file_that_is_away_is_told(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.InventoryUnavailable) as caught:
        inventory.read(tmp_path / 'away.yaml')
    assert str(caught.value) == (
        f'{tmp_path}/away.yaml cannot be read: No such file or directory. Put '
        'the file there, or correct [racks] path.'
    )
    assert isinstance(caught.value, exceptions.CollectorError)


def _racks(*entries: str) -> str:
    return f'switches: []\nracks: [{", ".join(entries)}]'


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('racks: [', 'is no YAML: .* line 1, column 9'),
        ('racks: []\nracks: []', 'racks is there twice .* line 2, column 1'),
        ('[{name: r1, name: r2}]', 'name is there twice'),
        ('racks: !!timestamp 2026-13-01', 'is no YAML: month must be'),
        ('racks: !!python/object:os.system {}', 'is no YAML: could not'),
        (b'\xff\xfe\x00', 'is no YAML'),
        ('[' * 9000, 'is no YAML'),
        ('', 'is no inventory: at its top have to be switches and racks'),
        ('racks: []', 'is no inventory: '),
        ('racks: []\nswitches: []\nrooms: []', 'is no inventory: '),
        ('racks: {r1: {}}\nswitches: []', 'wrong in racks: that is no list'),
        (_racks('r1'), r'entry 1 of racks: .*no mapping .*\(.r1.\)'),
        (_racks('{1: 2}'), r'entry 1 of racks: .*no mapping .*\(.1: 2.\)'),
        (_racks('{name: a}', '{}'), 'entry 2 of racks: name: '),
        (_racks('{name: a, hots: []}'), 'racks: hots: Unexpected keyword'),
        (_racks('{name: a, hosts: b}'), 'entry 1 of racks: hosts: '),
        (_racks('{name: a, hosts: [7]}'), r'entry 1 of racks: hosts\.0: '),
        (_racks('{name: a, power_budget_w: much}'), 'power_budget_w: '),
        (_racks('{name: a}', '{name: a}'), 'it has Rack a 2 times'),
        (
            _racks('{name: a, hosts: [b]}', '{name: c, hosts: [b]}'),
            'itself: it has host b 2 times',
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    path: pathlib.Path, text: str | bytes, words: str
) -> None:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(errors.InventoryInvalid, match=words) as caught:
        inventory.read(path)
    told = str(caught.value)
    assert told.startswith(f'{path} is ')
    assert told.endswith(
        'Until that is corrected the racks stay as they were.'
    )
    assert '\n' not in told

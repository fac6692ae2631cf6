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

import typing

import pytest

from cdm_graph.notification.ironic import machine
from tests.support import elements

_UUID: typing.Final = elements.uuid(81)
_OTHER: typing.Final = elements.uuid(1)


@pytest.mark.parametrize(
    ('name', 'extra', 'names'),
    [
        (None, None, (_UUID,)),
        ('', {}, (_UUID,)),
        ('bm-1', {}, (_UUID, 'bm-1')),
        ('bm-1', {'compute_node_id': 'alpha'}, (_UUID, 'alpha', 'bm-1')),
        (None, {'compute_node_id': _OTHER}, (_OTHER, _UUID)),
        (None, {'compute_node_id': 7}, (_UUID, '7')),
        ('bm-1', {'compute_node_id': 'bm-1'}, (_UUID, 'bm-1')),
        (None, {'rack': 'alpha'}, (_UUID,)),
    ],
)
def test_what_its_compute_node_may_be_called(
    name: str | None, extra: object, names: tuple[str, ...]
) -> None:
    told = {'uuid': _UUID, 'name': name, 'extra': extra}
    assert machine.facts(told)['compute_names'] == tuple(sorted(names))


def test_what_is_not_said_is_no_fact() -> None:
    assert machine.facts({'uuid': _UUID}) == {}
    assert 'compute_names' not in machine.facts({'uuid': _UUID, 'extra': {}})


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        ('8', '8'),
        (8, '8'),
        (True, 'true'),
        (None, 'null'),
        ({'b': 1, 'a': [2]}, '{"a": [2], "b": 1}'),
    ],
)
def test_a_property_that_is_no_text_is_written_as_one(
    value: object, text: str
) -> None:
    facts = machine.facts({'properties': {'it': value}})
    assert facts['properties'] == {'it': text}


def test_what_was_never_set_is_as_if_empty() -> None:
    told = dict.fromkeys(('name', 'driver', 'maintenance', 'properties'))
    assert machine.facts(told) == {
        'name': '',
        'driver': '',
        'maintenance': False,
        'properties': {},
    }

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

"""Bare metal for the regions of the world."""

import collections.abc
import typing

from cdm_graph.model import schema
from tests.support import elements

#: Chassis: with hosts, and with machines that are no hosts or with none.
FULL: typing.Final = elements.uuid(901)
BARE: typing.Final = elements.uuid(902)
EMPTY: typing.Final = elements.uuid(903)
SAME_NAME: typing.Final = 'metal-twice'


def elements_of_one() -> collections.abc.Iterator[schema.Element]:
    """Yield what the region with all the oddities has."""
    for vertex, description in (
        (FULL, 'Rack 1, unit 7'),
        (BARE, ''),
        (EMPTY, 'not delivered'),
    ):
        yield schema.Chassis(uuid=vertex, description=description)
    yield _machine(911, FULL, 'node-14', instance_uuid=elements.uuid(134))
    # One host has two machines, and one machine has two hosts.
    yield _machine(912, FULL, 'node-14', 'node-15', fault='power failure')
    yield _machine(
        913,
        FULL,
        SAME_NAME,
        maintenance=True,
        maintenance_reason='new fan',
        power_state='power off',
    )
    yield _machine(914, BARE, 'no such node', power_state='error')
    yield _machine(915, BARE, provision_state='clean failed')
    yield _machine(916, BARE, provision_state='error')
    yield _machine(917, BARE, maintenance=True, fault='clean failure')
    yield _machine(
        918, None, 'node-15', maintenance=True, provision_state=None
    )
    yield _machine(919, elements.uuid(9999))
    # Free, and what is so but for one thing.
    for number, facts in enumerate(
        (
            {},
            {'instance_uuid': elements.uuid(134)},
            {'maintenance': True},
            {'fault': 'power failure'},
        ),
        start=920,
    ):
        yield _machine(number, FULL, provision_state='available', **facts)


def elements_of_another() -> collections.abc.Iterator[schema.Element]:
    """Yield what has the same names in another region."""
    yield schema.Chassis(uuid=FULL)
    yield _machine(911, FULL, 'compute-00001.cloud.test')


def _machine(
    number: int,
    chassis: str | None,
    *compute_names: str,
    **facts: typing.Any,
) -> schema.BaremetalNode:
    return schema.BaremetalNode(
        **{
            'uuid': elements.uuid(number),
            'name': f'machine-{number}',
            'power_state': 'power on',
            'provision_state': 'active',
            'chassis_uuid': chassis,
            'compute_names': compute_names,
            **facts,
        }
    )

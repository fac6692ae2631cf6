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

"""Racks and switches: kinds of elements that this package adds.

It imports nothing of cdm-graph but what declares kinds, since all else derives
from the declarations once they are complete.
"""

import typing

import pydantic

from cdm_graph.model import fields
from cdm_graph.model import schema


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


#: Another order of the names is no other value, and so no change.
Names = typing.Annotated[tuple[str, ...], pydantic.AfterValidator(_in_order)]


@schema.element(prefix='switch/')
class Switch(schema.Element):
    """A switch that connects the machines of racks."""

    kind: typing.ClassVar = schema.Kind.declare('Switch')
    key_field: typing.ClassVar = 'name'

    name: fields.Key = schema.field('Name of the switch.')
    model: fields.Shared = schema.field('Model of the switch.', default='')


@schema.element(
    schema.Link(
        'hosts',
        schema.Relation.declare('IN_RACK'),
        schema.Kind.COMPUTE_NODE,
        'The rack that the node stands in.',
        by='service_host',
        direction=schema.Direction.IN,
    ),
    schema.Link(
        'switches',
        schema.Relation.declare('CONNECTED_TO'),
        Switch.kind,
        'A switch that the machines of the rack are connected to.',
    ),
    prefix='rack/',
)
class Rack(schema.Element):
    """A rack, and the hosts that stand in it."""

    kind: typing.ClassVar = schema.Kind.declare('Rack')
    key_field: typing.ClassVar = 'name'

    name: fields.Key = schema.field('Name of the rack.')
    room: fields.Shared = schema.field('Room that it stands in.', default='')
    power_budget_w: fields.Count | None = schema.field(
        'Power that it may draw.', unit='W', default=None
    )
    hosts: Names = schema.field(
        'Hosts of the nova-compute services in it.',
        attribute=False,
        default=(),
    )
    switches: Names = schema.field(
        'Names of its switches.', attribute=False, default=()
    )

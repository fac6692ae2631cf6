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

"""The rows of an Ironic's database.

They are immutable, as Nova's are (:mod:`cdm_graph.simulation.records`); times
are whole seconds since the epoch, as in MySQL.
"""

import dataclasses
import typing

Values = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chassis:
    """What machines are in."""

    uuid: str
    description: str | None = None
    created_at: int
    updated_at: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine, which Ironic calls a node.

    ``reservation`` is the conductor that holds its lock.
    """

    uuid: str
    name: str | None = None
    chassis: str | None = None
    driver: str = 'redfish'
    resource_class: str | None = 'baremetal'
    power_state: str | None = None
    target_power_state: str | None = None
    provision_state: str = 'enroll'
    target_provision_state: str | None = None
    maintenance: bool = False
    maintenance_reason: str | None = None
    fault: str | None = None
    last_error: str | None = None
    reservation: str | None = None
    instance: str | None = None
    properties: Values = dataclasses.field(default_factory=dict)
    extra: Values = dataclasses.field(default_factory=dict)
    created_at: int
    updated_at: int | None = None
    provisioned_at: int | None = None

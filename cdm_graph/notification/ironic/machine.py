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

"""What Ironic says of a machine: rows and payloads call it the same.

A payload has what a row has, but for the chassis, which only some name; one
of an older Ironic has less.  What is not said is no fact.
"""

import collections.abc
import json
import typing

Told = collections.abc.Mapping[str, typing.Any]
Facts = dict[str, typing.Any]

#: Where Watcher has operators write which hypervisor a machine is.
_HYPERVISOR: typing.Final = 'compute_node_id'
_AS_TOLD: typing.Final = (
    'resource_class',
    'power_state',
    'target_power_state',
    'provision_state',
    'target_provision_state',
    'maintenance_reason',
    'fault',
    'instance_uuid',
    'chassis_uuid',
    'created_at',
    'updated_at',
)


def facts(told: Told) -> Facts:
    """Return the attributes of a machine, as far as they are said."""
    said = {name: told[name] for name in _AS_TOLD if name in told}
    for name in ('name', 'driver'):
        if name in told:
            said[name] = told[name] or ''
    if 'maintenance' in told:
        said['maintenance'] = told['maintenance'] or False
    if 'properties' in told:
        said['properties'] = _strings(told['properties'] or {})
    if {'uuid', 'name', 'extra'} <= told.keys():
        said['compute_names'] = _compute_names(told)
    return said


def _compute_names(told: Told) -> tuple[str, ...]:
    """Return what a compute node that is the machine may be called.

    To Nova's driver for Ironic the machine's UUID is both the name and the
    UUID of the hypervisor.  Where nova-compute runs on the machine, it may
    have its name; or an operator wrote down which one it is.
    """
    extra = told['extra'] or {}
    names = {told['uuid'], told['name'], extra.get(_HYPERVISOR)}
    return tuple(sorted(str(name) for name in names if name))


def _strings(properties: Told) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else _text(value)
        for name, value in properties.items()
    }


def _text(value: typing.Any) -> str:
    return json.dumps(value, sort_keys=True)

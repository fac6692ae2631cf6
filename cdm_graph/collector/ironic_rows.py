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

"""From rows of Ironic's API to elements of the model.

Functions without state.  A row that lacks what the model needs, or has it in
another type, is an answer that is not Ironic's.
"""

import collections.abc
import typing

from cdm_graph.collector import understanding
from cdm_graph.model import schema
from cdm_graph.notification.ironic import machine as machines

Row = dict[str, typing.Any]
_ELEMENT = typing.TypeVar('_ELEMENT', bound=schema.Element)


def machine(row: Row) -> schema.BaremetalNode:
    """Return a machine, which Ironic calls a node."""
    with understanding.understanding('Ironic', schema.BaremetalNode, row):
        return _made(
            schema.BaremetalNode,
            {**machines.facts(row), 'uuid': row.get('uuid')},
        )


def chassis(row: Row) -> schema.Chassis:
    """Return a chassis."""
    with understanding.understanding('Ironic', schema.Chassis, row):
        return _made(
            schema.Chassis,
            {
                'uuid': row.get('uuid'),
                'description': row.get('description') or '',
            },
        )


def is_outline_of(known: schema.Element | None, row: Row) -> bool:
    """Return whether a row, which need not be whole, tells nothing new."""
    if known is None:
        return False
    with understanding.understanding('Ironic', schema.BaremetalNode, row):
        return schema.replace(known, **machines.facts(row)) == known


def _made(
    cls: type[_ELEMENT],
    facts: collections.abc.Mapping[str, typing.Any],
) -> _ELEMENT:
    return cls(**facts)

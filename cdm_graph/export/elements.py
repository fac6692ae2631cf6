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

"""Elements as plain values, as the API shows them.

The fields are a promise: beside those of :func:`row` they are the attributes
of the schema.  :data:`VERSION` becomes another one when a field goes, or means
something else; a new field is no reason.
"""

import typing

from cdm_graph import pacer
from cdm_graph.export import values
from cdm_graph.model import neighbourhood
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.model import selection

#: Of the fields that are shown.
VERSION: typing.Final = 1

_Row = dict[str, typing.Any]


def row(element: schema.Element) -> _Row:
    """Return an element as JSON has it.

    :returns: its ``id``, which is its vertex; ``kind``; ``label``, what
        people call it; its attributes
    """
    attributes = schema.attributes_of(element)
    return {
        'id': schema.key_of(element).vertex,
        'label': selection.name_of(element),
        **{name: values.plain(each) for name, each in attributes.items()},
    }


def relations(model: root.ModelRoot, element: schema.Element) -> list[_Row]:
    """Return the relations of an element, whichever way they point.

    :returns: of each the ``relation``, its ``direction``, *out* or *in*, and
        the other end: ``id``, ``kind`` and ``label``
    """
    return [
        {
            'relation': relation.value,
            'direction': direction,
            'id': schema.key_of(other).vertex,
            'kind': other.kind.value,
            'label': selection.name_of(other),
        }
        for relation in schema.Relation
        for direction, others in (
            ('out', model.successors(element, relation)),
            ('in', model.predecessors(element, relation)),
        )
        for other in others
    ]


def graph(part: neighbourhood.Neighbourhood) -> _Row:
    """Return a part of a graph: ``nodes``, ``edges`` and ``more``."""
    return {
        'nodes': list(map(row, pacer.paced(part.elements.values()))),
        'edges': [
            {
                'source': edge.source,
                'relation': edge.relation.value,
                'target': edge.target,
            }
            for edge in part.edges
        ],
        'more': part.more,
    }

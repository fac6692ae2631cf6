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

"""Finding what somebody calls an element.

That is its vertex, its key or its name, or that of the host of a service.
"""

import typing

from cdm_graph import exceptions
from cdm_graph.model import root
from cdm_graph.model import schema

#: Elements that are named where a name is of several.
_NAMED: typing.Final = 5


def find_all(model: root.ModelRoot, called: str) -> list[schema.Element]:
    """Return the elements that somebody may mean: names repeat.

    What has it as its vertex comes alone.
    """
    for kind in schema.Kind:
        key = schema.key_at(kind, called)
        element = model.find(*key)
        if element is not None and key.vertex == called:
            return [element]
    found: dict[str, schema.Element] = {}
    for kind in schema.Kind:
        element = model.find(kind, called)
        known = () if element is None else (element,)
        for each in (*known, *model.get_by_name(kind, called)):
            found[schema.key_of(each).vertex] = each
    return list(found.values()) or list(
        model.get_nodes_by_service_host(called)
    )


def find(model: root.ModelRoot, called: str) -> schema.Element:
    """Return the element that somebody means.

    :raises cdm_graph.exceptions.NameUnknown: if nothing is called so
    :raises cdm_graph.exceptions.NameAmbiguous: if several are
    """
    found = find_all(model, called)
    if not found:
        raise exceptions.NameUnknown(
            f'Nothing in the model is called {called!r}.'
        )
    if len(found) > 1:
        several = ', '.join(
            f'{each.kind} {schema.key_of(each).vertex}'
            for each in found[:_NAMED]
        )
        raise exceptions.NameAmbiguous(
            f'{len(found)} elements are called {called!r}: say which by its '
            f'id, such as {several}.'
        )
    return found[0]

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

"""Node-link JSON, a line an object: what tools read that read line by line.

The first line holds ``directed``, ``multigraph`` and ``graph``, as node-link
JSON does; then comes a line for each node, which has an ``id``, and one for
each edge, which has a ``source`` and a ``target`` instead.
"""

import collections.abc

from cdm_graph.export import node_link
from cdm_graph.model import root


def chunks(model: root.ModelRoot) -> collections.abc.Iterator[str]:
    """Yield the document of a snapshot, one line at a time.

    The model must not change meanwhile.
    """
    yield node_link.line(node_link.head(model))
    for row in node_link.nodes(model):
        yield node_link.line(row)
    for row in node_link.edges(model):
        yield node_link.line(row)

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

"""What happens in a simulated cloud, in the order and with the traps of life.

:class:`Operations` has one method for each operation.  A method returns an
iterator of steps: see ``base``.  Nothing happens before the first step is
asked for.
"""

from cdm_graph.simulation.operations import attachments
from cdm_graph.simulation.operations import attributes
from cdm_graph.simulation.operations import backends
from cdm_graph.simulation.operations import catalogue
from cdm_graph.simulation.operations import hosts
from cdm_graph.simulation.operations import lifecycle
from cdm_graph.simulation.operations import moves
from cdm_graph.simulation.operations import snapshots
from cdm_graph.simulation.operations import volume_moves
from cdm_graph.simulation.operations import volume_types
from cdm_graph.simulation.operations import volumes


class Operations(
    lifecycle.Lifecycle,
    moves.Moves,
    attachments.Attachments,
    attributes.Attributes,
    hosts.Hosts,
    catalogue.Catalogue,
    volumes.Volumes,
    volume_moves.VolumeMoves,
    snapshots.Snapshots,
    volume_types.VolumeTypes,
    backends.Backends,
):
    """All operations on one cloud."""

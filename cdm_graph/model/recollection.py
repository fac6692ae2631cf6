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

"""What is remembered of a model from before a restart."""

import collections.abc
import dataclasses

from cdm_graph.model import schema


@dataclasses.dataclass(frozen=True, slots=True)
class Recollection:
    """A model as it was.

    :param elements: what it held
    :param synchronized_at: when the last synchronize in it began, in seconds
        since the epoch
    """

    elements: tuple[schema.Element, ...]
    synchronized_at: float

    def of(
        self, kinds: collections.abc.Collection[schema.Kind]
    ) -> tuple[schema.Element, ...]:
        """Return the elements of some kinds."""
        return tuple(each for each in self.elements if each.kind in kinds)

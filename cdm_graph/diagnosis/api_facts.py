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

"""ApiFacts: what the API of a service shows of itself."""

import collections.abc
import dataclasses

from cdm_graph.diagnosis import api_clock


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The first page of what a service has most of.

    ``asked`` is the size that was asked for, ``seconds`` is how long it took;
    ``projects`` are those that the rows belong to, ``keys`` what the rows are
    known by, ``lacks`` the attributes that some row has not, though it
    should, and ``uses`` the keys of what the rows use of another service.
    """

    asked: int
    rows: int
    is_last: bool
    projects: frozenset[str]
    seconds: float = 0.0
    keys: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()

    def is_only_of(self, project: str | None) -> bool:
        """Return whether it has nothing that is of another project."""
        return self.projects <= {project}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ApiFacts:
    """What the API shows of itself.

    ``errors`` are the sentences of what could not be read, by what it is;
    ``refused`` those of them for which the rights are missing.  ``missing``
    are some of those that another service uses, and this one does not show.
    """

    microversion: str | None
    project: str | None
    difference: api_clock.Difference | None
    page: Page | None
    errors: collections.abc.Mapping[str, str]
    refused: collections.abc.Set[str]
    missing: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Something that changed.

    ``is_told`` says whether the service announces such a change, whenever it
    announces anything.
    """

    key: str
    is_told: bool

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


"""A part of the past."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Period:
    """From after one moment up to another, in seconds since the epoch.

    What is different between the two moments is what changed within it.

    :param since: none for all the past
    :param until: none for up to now
    """

    since: float | None = None
    until: float | None = None

    def holds(self, moment: float) -> bool:
        """Return whether a moment is within it."""
        return (self.since is None or moment > self.since) and (
            self.until is None or moment <= self.until
        )

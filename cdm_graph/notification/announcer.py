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

"""Announcer: who tells the bus what changes at a source.

A handler says what a notification means.  This says who sends it, and what
that takes, of a service as it is delivered: a collector that names one
relies on being told, and who examines a setup knows where to listen.
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Announcer:
    """A service that announces what changes.

    :param name: such as Cinder
    :param publishers: a regular expression that matches, at their beginning,
        the ids of its publishers, and those of nobody else
    :param exchange: where it announces, unless its control_exchange says
        otherwise
    :param topics: those that it announces on, unless it is told otherwise
    :param where: the file of its options, and in which of its services
    :param topics_option: the option that names its topics
    :param settings: the options that make it announce, with their values
    """

    name: str
    publishers: str
    exchange: str
    topics: tuple[str, ...]
    where: str
    topics_option: str
    settings: tuple[str, ...]

    def __post_init__(self) -> None:
        # What is no regular expression is told where it is written.
        re.compile(self.publishers)

    @property
    def remedy(self) -> tuple[str, ...]:
        """What to set for it to announce, and where, line by line."""
        return tuple(f'{self.where}: {each}' for each in self.settings)

    def with_topics(self, *topics: str) -> str:
        """Return what to set, and where, for it to announce on topics."""
        return f'{self.where}: {self.topics_option} = {",".join(topics)}'

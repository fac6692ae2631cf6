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

"""What can be loaded from an entry point."""

import dataclasses
import typing

from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph.model import recollection
from cdm_graph.notification import accounting


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What a plugin is given when it is loaded.

    :param recall: returns what is remembered of its model from before a
        restart, if anything is
    """

    conf: cfg.ConfigOpts
    clock: clocks.Clock
    counters: accounting.Accounting
    recall: typing.Callable[[], recollection.Recollection | None] = lambda: (
        None
    )


class Loadable:
    """A plugin: a class behind an entry point.

    It is constructed with its :class:`Surroundings` and nothing else.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings

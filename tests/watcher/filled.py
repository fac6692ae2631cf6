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

"""A source for tests, without a cloud."""

from cdm_graph import exceptions
from cdm_graph.integration.watcher import source as sources
from cdm_graph.model import live_model
from cdm_graph.model import root
from cdm_graph.model import schema


class Filled(sources.Source):
    """Has the model of one collector, if it is filled.

    :param name: that of the collector
    """

    def __init__(self, name: str, *several: schema.Element) -> None:
        self.name = name
        self.model = live_model.LiveModel(several)
        self.is_filled = True
        self.started = False

    def require(self, name: str) -> None:
        assert name == self.name

    def start(self) -> None:
        self.started = True

    def snapshot(self, name: str, timeout: float) -> root.ModelRoot:
        assert name == self.name
        if not self.is_filled:
            raise exceptions.NotReady('Not yet.')
        return self.model.snapshot(read_only=True)

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

"""What turns the notifications of one service into mutations."""

import abc
import typing

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.notification import envelope as envelopes


class ModelCollector(typing.Protocol):
    """The collector that owns the model, as a handler needs it."""

    @property
    def cluster_data_model(self) -> live_model.LiveModel:
        """The live model."""

    def submit(
        self, visitor: mutation.Mutation, envelope: envelopes.Envelope
    ) -> None:
        """Have a mutation applied by the model's one writer, in order."""


class NotificationHandler(abc.ABC):
    """An observer of the notifications of some publishers.

    It is pure: a notification goes in, one mutation comes out.  It does no
    I/O and changes nothing; what needs a look at the cloud is a mutation
    that asks for one.
    """

    def __init__(self, model_collector: ModelCollector) -> None:
        self.model_collector = model_collector

    @abc.abstractmethod
    def get_publisher_id(self) -> str:
        """Return a regular expression: whose notifications it handles.

        It is matched at the beginning of the publisher id.
        """

    @abc.abstractmethod
    def handle(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        """Return what a notification means for the model.

        It never raises for what is in a notification: what cannot be
        understood is a :class:`~cdm_graph.model.mutation.Failure`.
        """

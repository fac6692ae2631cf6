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

"""What the APIs say of the cloud, read without the daemon's own code.

Only the names of kinds, attributes and relations are taken from the schema;
how they follow from the APIs' answers is written here a second time, so that
one misunderstanding cannot hide in both.

A read is several calls, and the cloud may change between them: only two
equal reads, one after the other, are a truth.
"""

import collections.abc
import typing

from keystoneauth1 import session

from tests.devcloud import compute_truth
from tests.devcloud import storage_truth
from tests.devcloud import view
from tests.devcloud import view_builder


class _Part(typing.Protocol):
    """What one service says."""

    def add_to(self, builder: view_builder.ViewBuilder) -> None:
        """Add what it says now."""


#: By the name of the collector that asks the same service.
_PARTS: typing.Final[
    collections.abc.Mapping[
        str, collections.abc.Callable[[session.Session], _Part]
    ]
] = {
    'nova': compute_truth.ComputeTruth,
    'cinder': storage_truth.StorageTruth,
}


class TruthReader:
    """Reads the cloud anew at each call."""

    def __init__(
        self,
        authorized: session.Session,
        collectors: collections.abc.Iterable[str],
    ) -> None:
        """Read as that user, who has to see all projects."""
        self._parts = [_PARTS[name](authorized) for name in collectors]

    def read(self) -> view.View:
        """Return what a daemon with those collectors has to know now."""
        builder = view_builder.ViewBuilder()
        for part in self._parts:
            part.add_to(builder)
        return builder.view()

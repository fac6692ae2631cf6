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


"""A model, its log and a recorder that works when it is told to."""

import pathlib
import random
import typing

from cdm_graph.history import database
from cdm_graph.history import file
from cdm_graph.history import memory
from cdm_graph.history import past as pasts
from cdm_graph.history import recorder as recorders
from cdm_graph.model import change
from cdm_graph.model import change_log
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import period as periods
from cdm_graph.model import schema
from cdm_graph.model import selection as selections
from tests.support import clock as clocks
from tests.support import elements

ALL: typing.Final = selections.Selection()
EVER: typing.Final = periods.Period()


class Run:
    """One run of a daemon, with a file.

    :param recalled: what it knows of the model from before
    """

    def __init__(
        self,
        path: pathlib.Path,
        clock: clocks.FakeClock,
        most: int = 1000,
        recalled: typing.Sequence[schema.Element] | None = None,
    ) -> None:
        database.check(path)
        self.clock = clock
        self.model = live_model.LiveModel(recalled or (), clock=clock)
        if recalled is not None:
            self.model.mark_recalled(1.0)
        self.log = change_log.ChangeLog(self.model, clock, most)
        self.recorder = recorders.Recorder(
            self.log, path, most, clock, random.Random(1)
        )
        self.memory = memory.MemorySource(self.log, clock)
        self.file = file.FileSource(path, self.log, clock)
        self.past = pasts.Past(
            [self.file, self.memory], self.recorder.note_trouble
        )

    def fill(self, *several: schema.Element) -> typing.Self:
        self.put(*several)
        self.model.mark_synchronized(self.clock.time())
        return self

    def put(self, *several: schema.Element) -> None:
        self.model.apply(
            map(mutation.Put, several), change.Cause('event', 'req-1')
        )

    def delete(self, element: schema.Element) -> None:
        self.model.apply([mutation.Deletion(schema.key_of(element))])

    def flavor(self, *names: str) -> None:
        """Make so many changes, each in a second of its own."""
        for name in names:
            self.clock.advance(1.0)
            self.put(elements.flavor(name))

    def end(self) -> None:
        """End as a daemon does that is told to."""
        self.recorder.finish()
        self.log.close()

    def names(
        self,
        selection: selections.Selection = ALL,
        period: periods.Period = EVER,
        most: int = 1000,
    ) -> list[str]:
        """Return the names of what changed, the oldest first."""
        found = self.past.latest(selection, period, most)
        return [entry.change.key.key for entry in found.entries]

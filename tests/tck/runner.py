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

"""All scenarios one after the other, each within its time."""

import collections.abc
import concurrent.futures
import contextlib
import dataclasses
import typing

from tests.tck import engine
from tests.tck import feature
from tests.tck import graph as graphs
from tests.tck import trial

#: Enough for any, on a machine that is busy with something else too.
_LIMIT: typing.Final = 20.0


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a scenario: why it failed, or None."""

    scenario: feature.Scenario
    failure: trial.Failure | None


class Runner:
    """Runs scenarios on an engine, and on a new one after each that hangs."""

    def __init__(self, script: trial.GraphScript) -> None:
        """Prepare; ``script`` returns what creates a named graph."""
        self._script = script
        self._held = contextlib.ExitStack()
        self._graph: graphs.Graph | None = None

    def run(
        self, scenarios: collections.abc.Iterable[feature.Scenario]
    ) -> collections.abc.Iterator[Outcome]:
        """Yield the outcomes, in the order of the scenarios."""
        try:
            for scenario in scenarios:
                yield Outcome(scenario, self._failure(scenario))
        finally:
            if self._graph:
                self._graph.close()
            self._held.close()

    def _failure(self, scenario: feature.Scenario) -> trial.Failure | None:
        tried = trial.Trial(self._started(), self._script)
        # The thread of one that hangs ends only with the engine.
        pool = concurrent.futures.ThreadPoolExecutor(1)
        future = pool.submit(tried.run, scenario)
        try:
            future.result(_LIMIT)
        except trial.Failure as failure:
            return failure
        except TimeoutError:
            self._stop()
            return trial.Failure('time', f'it takes more than {_LIMIT:g} s')
        except Exception as error:  # Nothing that befalls one ends the run.
            self._stop()
            return trial.Failure('broken', trial.shown(error))
        finally:
            pool.shutdown()
        return None

    def _started(self) -> graphs.Graph:
        if self._graph is None:
            endpoint = self._held.enter_context(engine.engine())
            self._graph = graphs.Graph(endpoint)
        return self._graph

    def _stop(self) -> None:
        """End an engine that may be good for nothing any more.

        To end the session first could take as long as what hangs in it.
        """
        self._graph = None
        self._held.close()

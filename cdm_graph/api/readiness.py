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

"""Whether the daemon has models that can be used, and why not.

A model that is stale or partial is served, and says so of itself: it counts
as ready.  Who needs more looks at its age.
"""

import dataclasses
import typing

from cdm_graph.api import family
from cdm_graph.model import freshness

_REASONS: typing.Final = {
    freshness.Readiness.NOT_READY: (
        'The model is being filled for the first time.'
    ),
    freshness.Readiness.STALE: (
        'The model is that of the last run; it was not synchronized since.'
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class ModelVerdict:
    """Whether one collector's model can be used.

    ``reasons`` are sentences and words that tell what it lacks.
    """

    ready: bool
    state: str
    reasons: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all models can be used."""

    ready: bool
    state: str
    collectors: dict[str, ModelVerdict]

    def without_reasons(self) -> 'Verdict':
        """Return the verdict for everybody: reasons name what is inside."""
        return dataclasses.replace(
            self,
            collectors={
                name: dataclasses.replace(each, reasons=())
                for name, each in self.collectors.items()
            },
        )


def judge(status: family.Status) -> Verdict:
    """Return whether all models of a daemon can be used."""
    collectors = {
        name: _judge_model(shown)
        for name, shown in status['collectors'].items()
    }
    return Verdict(
        all(each.ready for each in collectors.values()),
        status['state'],
        collectors,
    )


def _judge_model(shown: family.Status) -> ModelVerdict:
    readiness = freshness.Readiness(shown['state'])
    reasons = list(shown['partial'])
    if readiness in _REASONS:
        reasons.append(_REASONS[readiness])
        error = shown['health']['last_error']
        if error:
            reasons.append(f'The last attempt failed: {error}')
    return ModelVerdict(
        readiness is not freshness.Readiness.NOT_READY,
        readiness.value,
        tuple(reasons),
    )

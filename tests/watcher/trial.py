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

"""One strategy on the collectors of one side, and what it found."""

import collections.abc
import dataclasses
import random
import time
import typing

from watcher.common import utils
from watcher.decision_engine.loading import default

from tests.watcher import metrics

_Any = typing.Any
#: By Watcher's names of the models.
Collectors = collections.abc.Mapping[str, _Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """What a strategy is run with, on either model."""

    strategy: str
    seed: int
    scope: collections.abc.Sequence[_Any]
    parameters: collections.abc.Mapping[str, _Any]
    metal: _Any


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What it found: actions in their order, figures; or why nothing."""

    actions: tuple[_Any, ...] = ()
    efficacy: tuple[_Any, ...] = ()
    refusal: str = ''


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """An outcome, with the seconds that it took."""

    outcome: Outcome
    hand_out: float
    whole: float


class _Handing:
    """A collector; it notes how long it takes to hand out its model."""

    def __init__(self, collector: _Any) -> None:
        self._collector = collector
        self.took = 0.0

    def get_audit_scope_handler(self, audit_scope: _Any) -> _Any:
        return self._collector.get_audit_scope_handler(audit_scope)

    def get_latest_cluster_data_model(self) -> _Any:
        began = time.perf_counter()
        model = self._collector.get_latest_cluster_data_model()
        self.took += time.perf_counter() - began
        return model


class _Manager:
    """Watcher's manager of collectors, as far as strategies use it."""

    def __init__(self, collectors: Collectors) -> None:
        self._handing = {
            name: _Handing(each) for name, each in collectors.items()
        }

    def get_cluster_model_collector(self, name: str, osc: _Any) -> _Any:
        return self._handing[name]

    @property
    def took(self) -> float:
        return sum(each.took for each in self._handing.values())


def run(collectors: Collectors, setting: Setting) -> Run:
    """Execute a strategy on what collectors hand out."""
    loader = default.DefaultStrategyLoader()
    strategy = loader.load(setting.strategy, osc=object())
    manager = _Manager(collectors)
    strategy._collector_manager = manager
    strategy._datasource_backend = metrics.Datasource(setting.seed)
    strategy._metal_helper = setting.metal
    strategy.audit_scope = setting.scope
    given = dict(setting.parameters)
    utils.StrictDefaultValidatingDraft4Validator(
        strategy.get_schema()
    ).validate(given)
    strategy.input_parameters.update(given)
    # Some choose at random.
    random.seed(setting.seed)
    began = time.perf_counter()
    outcome = _outcome(strategy)
    return Run(outcome, manager.took, time.perf_counter() - began)


def _outcome(strategy: _Any) -> Outcome:
    try:
        solution = strategy.execute()
    except Exception as error:  # some of Watcher's fail: so they have to here
        return Outcome(refusal=f'{type(error).__name__}: {error}')
    return Outcome(
        actions=tuple(solution.actions),
        efficacy=tuple(
            (each['name'], each['value'])
            for each in solution.efficacy_indicators
        ),
    )

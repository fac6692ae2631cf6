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

"""Run Watcher's strategies on Watcher's model and on ours: ``tox -e watcher``.

Prints a line a strategy: on how many clouds it found the same, how much it
found in all, and how many times as long Watcher took: to hand out a model,
and in all.

===============  ============================================================
``clouds``       random clouds, and what the two collectors read of them
``scopes``       random scopes of audits
``parameters``   random parameters of each strategy
``draws``        numbers that are drawn by what they are about
``metrics``      what a datasource answers, by UUID
``placement``    what Placement answers, by UUID
``metal``        which hosts are powered on
``peer``         Watcher's own collectors, with Watcher's own clients
``trial``        one strategy on the collectors of one side, and its findings
===============  ============================================================

The collectors read the same simulated Nova and Cinder over HTTP.  Gnocchi,
Placement and Ironic are stood in for: what they answer is drawn by UUID.

The order of the nodes in Watcher's model is by chance: it has their names in
a set, and asks for them with threads.  Of the orders that come of that the
peer takes the one that ours has; the actions are compared in their order.
"""

import argparse
import collections
import dataclasses
import random
import sys
import typing

from cdm_graph.integration.watcher import capacities
from cdm_graph.simulation import process
from tests.watcher import clouds
from tests.watcher import metal
from tests.watcher import parameters
from tests.watcher import peer
from tests.watcher import placement
from tests.watcher import scopes
from tests.watcher import trial

_Scope = list[dict[str, typing.Any]]


@dataclasses.dataclass(slots=True)
class _Tally:
    """What became of one strategy on all clouds."""

    clouds: int = 0
    equal: int = 0
    actions: int = 0
    refused: int = 0
    hand_out: tuple[float, float] = (0.0, 0.0)
    whole: tuple[float, float] = (0.0, 0.0)

    def note(self, theirs: trial.Run, ours: trial.Run) -> None:
        self.clouds += 1
        self.equal += theirs.outcome == ours.outcome
        self.actions += len(theirs.outcome.actions)
        self.refused += bool(theirs.outcome.refusal)
        self.hand_out = _add(self.hand_out, theirs.hand_out, ours.hand_out)
        self.whole = _add(self.whole, theirs.whole, ours.whole)


def _add(
    sums: tuple[float, float], theirs: float, ours: float
) -> tuple[float, float]:
    return sums[0] + theirs, sums[1] + ours


def _try_cloud(
    seed: int, names: list[str], tallies: dict[str, _Tally]
) -> None:
    """Run each strategy on both models of a cloud."""
    with clouds.simulated(seed) as simulation:
        peer.log_in(simulation.auth_url, simulation.credentials)
        given = placement.Placement(seed, simulation.cloud.nodes.values())
        with clouds.followed(simulation) as source, given.standing_in():
            ours = {
                'compute': clouds.collector(
                    source, capacities.Capacities(given.get_inventories)
                ),
                'storage': clouds.storage_of(source),
            }
            hosts = metal.Metal(seed, source.snapshot('nova', clouds.TIMEOUT))
            scope = scopes.draw(random.Random(seed), simulation.cloud)
            own = _built(scope)
            for name in names:
                setting = _setting(name, seed, simulation, scope, hosts)
                tallies[name].note(*_compare(own, ours, setting))


def _built(scope: _Scope) -> trial.Collectors:
    """Return Watcher's collectors with models: that is not measured."""
    own = {'compute': peer.collector(), 'storage': peer.storage_collector()}
    for each in own.values():
        each.get_audit_scope_handler(scope)
        each.get_latest_cluster_data_model()
    return own


def _setting(
    name: str,
    seed: int,
    simulation: process.Simulation,
    scope: _Scope,
    hosts: metal.Metal,
) -> trial.Setting:
    rng = random.Random(f'{seed} {name}')
    return trial.Setting(
        name,
        seed,
        scope,
        parameters.DRAWN[name](rng, simulation.cloud),
        hosts,
    )


def _compare(
    own: trial.Collectors,
    ours: trial.Collectors,
    setting: trial.Setting,
) -> tuple[trial.Run, trial.Run]:
    theirs = trial.run(own, setting)
    found = trial.run(ours, setting)
    if theirs.outcome != found.outcome:
        _tell(setting, theirs.outcome, found.outcome)
    return theirs, found


def _tell(
    setting: trial.Setting, theirs: trial.Outcome, ours: trial.Outcome
) -> None:
    print(
        f'{setting.strategy}, cloud {setting.seed}, scope {setting.scope}, '
        f'parameters {setting.parameters}:',
        file=sys.stderr,
    )
    print(f'  on their model: {theirs}', file=sys.stderr)
    print(f'  on our model:   {ours}', file=sys.stderr)


def _show(tallies: dict[str, _Tally]) -> None:
    print(
        f'{"strategy":28} {"clouds":>6} {"equal":>6} {"actions":>8} '
        f'{"refused":>8} {"hand-out":>9} {"whole":>7}'
    )
    for name, tally in tallies.items():
        print(
            f'{name:28} {tally.clouds:6} {tally.equal:6} {tally.actions:8} '
            f'{tally.refused:8} {_ratio(tally.hand_out):>9} '
            f'{_ratio(tally.whole):>7}'
        )


def _ratio(seconds: tuple[float, float]) -> str:
    theirs, ours = seconds
    return f'{theirs / ours:.1f}x' if ours else '-'


def main() -> int:
    """Run all; return 0 if all found the same."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--clouds', type=int, default=50)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('strategies', nargs='*', default=[])
    options = parser.parse_args()
    peer.prepare()
    names = options.strategies or list(parameters.DRAWN)
    tallies: dict[str, _Tally] = collections.defaultdict(_Tally)
    for seed in range(options.seed, options.seed + options.clouds):
        _try_cloud(seed, names, tallies)
    _show(tallies)
    return int(any(each.equal != each.clouds for each in tallies.values()))


if __name__ == '__main__':
    sys.exit(main())

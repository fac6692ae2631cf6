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


"""A world for all blocks, a desk for each document, and the table."""

import collections.abc
import pathlib
import typing

import pytest

from cdm_graph.model import answer
from cdm_graph.model import live_model
from tests.docs import blocks
from tests.docs import desk as desks
from tests.docs import ledger as ledgers
from tests.docs import world as worlds

_LEDGER: typing.Final = pytest.StashKey[ledgers.Ledger]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LEDGER] = ledgers.Ledger()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    terminalreporter.section('how the blocks were treated')
    for line in config.stash[_LEDGER].lines():
        terminalreporter.write_line(line)


@pytest.fixture
def ledger(request: pytest.FixtureRequest) -> ledgers.Ledger:
    return request.config.stash[_LEDGER]


@pytest.fixture(scope='session')
def world() -> collections.abc.Iterator[worlds.World]:
    with worlds.running() as running:
        yield running


@pytest.fixture(scope='session')
def desk_of(
    world: worlds.World,
) -> collections.abc.Callable[[blocks.Block], desks.Desk]:
    """Return the desk of a block's document."""
    desks_by_path: dict[pathlib.Path, desks.Desk] = {}

    def find(block: blocks.Block) -> desks.Desk:
        if block.path not in desks_by_path:
            folder = world.folder / f'desk-{len(desks_by_path)}'
            folder.mkdir()
            desks_by_path[block.path] = desks.Desk(folder, world)
            block.example.namespace['model'] = _mirrored_model(world)
        return desks_by_path[block.path]

    return find


def _mirrored_model(world: worlds.World) -> live_model.LiveModel:
    """Return a model whose questions the daemon's database answers."""
    model = live_model.LiveModel()

    def ask(
        text: str,
        parameters: collections.abc.Mapping[str, typing.Any],
        _sequence: int | None,
    ) -> answer.Answer:
        found = world.daemon.client.query(
            {'text': text, 'parameters': dict(parameters)}
        )
        return answer.Answer(
            tuple(found['columns']),
            tuple(map(tuple, found['rows'])),
            found['truncated'],
        )

    model.answer_with(ask)
    return model

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


import pathlib

import pytest

from cdm_graph import exceptions
from cdm_graph.history import keeper as keepers
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from tests.support import clock as clocks
from tests.support import elements
from tests.support import history


def test_before_the_start_nothing_is_known(clock: clocks.FakeClock) -> None:
    keeper = keepers.Keeper(None, 10, clock)
    for ask in (lambda: keeper.log, lambda: keeper.past):
        with pytest.raises(exceptions.NotReady):
            ask()
    assert keeper.status() is None
    keeper.stop()


@pytest.mark.parametrize('name', [None, 'history.sqlite'])
def test_what_changes_is_kept(
    tmp_path: pathlib.Path, clock: clocks.FakeClock, name: str | None
) -> None:
    path = None if name is None else tmp_path / name
    for expected in (['a'], ['a', 'b'] if path else ['b']):
        model = live_model.LiveModel(clock=clock)
        model.mark_synchronized(1.0)
        keeper = keepers.Keeper(path, 10, clock)
        keeper.start(model)
        flavor = elements.flavor(expected[-1])
        model.apply([mutation.Put(flavor)])
        found = keeper.past.latest(history.ALL, history.EVER, 9).entries
        assert [entry.change.key.key for entry in found] == expected
        keeper.stop()
        status = keeper.status()
        assert (status is None) == (path is None)
        assert status is None or status.behind == 0

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

import collections.abc
import pathlib
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph import service as services
from cdm_graph.integration.watcher import source as sources
from cdm_graph.simulation import process
from tests.watcher import clouds

_Any = typing.Any


class _Service:
    """Is started and stopped, and keeps nothing."""

    def __init__(self, conf: _Any) -> None:
        self.conf = conf
        self.done: list[str] = []
        self.scheduler = self

    def start(self) -> None:
        self.done.append('start')

    def stop(self) -> None:
        self.done.append('stop')


@pytest.fixture(autouse=True)
def _nothing_shared() -> collections.abc.Iterator[None]:
    yield
    sources.Source._shared.clear()


@pytest.fixture
def files(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    monkeypatch.setattr(services, 'ClusterModelService', _Service)
    path = tmp_path / 'watcher.conf'
    path.write_text('[collector]\ncollectors = nova,cinder\n')
    return [str(path)]


def test_all_collectors_share_one(files: list[str]) -> None:
    one = sources.Source.configured_in(files)
    one.start()
    other = sources.Source.configured_in(tuple(files))
    other.start()
    assert other is one
    service: _Any = one._service
    # The service, and its scheduler.
    assert service.done == ['start', 'start']


def test_other_files_are_refused(files: list[str]) -> None:
    sources.Source.configured_in(files)
    with pytest.raises(
        exceptions.ConfigurationError, match='config_files is empty here'
    ):
        sources.Source.configured_in([])


def test_after_one_was_stopped_there_may_be_another(files: list[str]) -> None:
    one = sources.Source.configured_in(files)
    one.start()
    one.stop()
    assert sources.Source.configured_in(files) is not one


def test_a_collector_has_to_run_that_fills_the_model(files: list[str]) -> None:
    source = sources.Source.configured_in(files)
    source.require('cinder')
    with pytest.raises(
        exceptions.ConfigurationError, match=r'names nova, cinder: .* ironic'
    ):
        source.require('ironic')


def test_a_model_does_not_wait_for_the_others() -> None:
    simulation = process.Simulation(
        process.SimulationOptions(hosts=2, instances=4, rate=0)
    )
    simulation.start()
    try:
        simulation.faults.fail('/volume/', 503, count=None)
        with clouds.followed(simulation) as source:
            source.start()
            nova = source.snapshot('nova', clouds.TIMEOUT)
            assert len(nova.get_all_compute_nodes()) == 2
            with pytest.raises(exceptions.NotReady):
                source.snapshot('cinder', 0.1)
    finally:
        simulation.stop()

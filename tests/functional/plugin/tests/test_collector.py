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

"""The collector alone, beside a file that changes."""

import collections.abc
import pathlib
import time

import pytest

from cdm_graph import clock
from cdm_graph import exceptions
from cdm_graph.collector import loadable
from cdm_graph.collector import loader
from cdm_graph.conf import loading
from cdm_graph.model import freshness
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from cdm_graph.notification import envelope as envelopes
from cdm_graph_racks import collector as collectors
from cdm_graph_racks import elements

_SECONDS = 20.0
_R2 = schema.ElementKey(elements.Rack.kind, 'r2')


@pytest.fixture
def surroundings(configuration: pathlib.Path) -> loadable.Surroundings:
    return loadable.Surroundings(
        loading.load([str(configuration)]),
        clock.SystemClock(),
        accounting.Accounting(),
    )


@pytest.fixture
def collector(
    surroundings: loadable.Surroundings,
) -> collections.abc.Iterator[collectors.RackClusterModelCollector]:
    made = collectors.RackClusterModelCollector(surroundings)
    try:
        ticket = made.request_synchronize('test')
        assert made.wait_for_synchronize(ticket, _SECONDS)
        yield made
    finally:
        made.stop()


def _names(collector: collectors.RackClusterModelCollector) -> set[str]:
    return {each.name for each in collector.cluster_data_model.elements_put()}


def _announce(
    collector: collectors.RackClusterModelCollector, event: str
) -> None:
    envelope = envelopes.Envelope(
        1, 0.0, 'INFO', 'rack-inventory:a', event, {'rack': 'r2'}
    )
    visitor = collector.notification_handler.handle(envelope)
    collector.submit(visitor, envelope)


def _without_r2(path: pathlib.Path) -> str:
    return path.read_text().partition('  - name: r2')[0]


def test_it_is_found_by_its_entry_point(
    surroundings: loadable.Surroundings,
) -> None:
    made = loader.ClusterModelCollectorLoader().load('racks', surroundings)
    made.stop()
    assert isinstance(made, collectors.RackClusterModelCollector)


def test_a_synchronize_reads_everything(
    collector: collectors.RackClusterModelCollector,
) -> None:
    assert _names(collector) == {'leaf-1', 'leaf-2', 'r1', 'r2'}
    model = collector.cluster_data_model
    assert model.freshness.readiness is freshness.Readiness.READY


def test_a_poll_finds_what_changed_silently(
    collector: collectors.RackClusterModelCollector, path: pathlib.Path
) -> None:
    path.write_text(_without_r2(path).replace('12000', '13000'))
    collector.run_poll()
    assert _names(collector) == {'leaf-1', 'leaf-2', 'r1'}
    assert collector.last_poll is not None
    assert collector.last_poll.drift == {
        'phantom Rack': 1,
        'stale attribute Rack': 1,
    }
    rack = collector.cluster_data_model.find(elements.Rack.kind, 'r1')
    assert isinstance(rack, elements.Rack)
    assert rack.power_budget_w == 13000


def test_the_model_is_as_old_as_the_last_look_at_the_file(
    collector: collectors.RackClusterModelCollector,
    eventually: collections.abc.Callable[..., None],
) -> None:
    def as_of() -> float | None:
        return collector.cluster_data_model.freshness.as_of

    synchronized_at = collector.cluster_data_model.synchronized_at
    # That the bus delivers tells nothing of a file.
    collector.note_heartbeat(time.time(), 0.25)
    eventually(lambda: collector._writer.heard_at)
    assert as_of() == synchronized_at
    began = time.time()
    collector.run_poll()
    looked_at = as_of()
    assert looked_at is not None
    assert looked_at >= began


def test_a_notification_has_the_file_read(
    collector: collectors.RackClusterModelCollector,
    path: pathlib.Path,
    eventually: collections.abc.Callable[..., None],
) -> None:
    whole = path.read_text()
    path.write_text(_without_r2(path))
    _announce(collector, 'rack.removed')
    eventually(lambda: 'r2' not in _names(collector))
    # The name may come back, at once.
    path.write_text(whole)
    _announce(collector, 'rack.changed')
    eventually(lambda: 'r2' in _names(collector))


@pytest.mark.parametrize('text', [None, 'racks: [', ''])
def test_the_last_good_model_stays_when_the_file_is_gone_or_broken(
    collector: collectors.RackClusterModelCollector,
    path: pathlib.Path,
    text: str | None,
    eventually: collections.abc.Callable[..., None],
) -> None:
    good, names = path.read_text(), _names(collector)
    path.unlink()
    if text is not None:
        path.write_text(text)
    collector.run_poll()
    assert str(path) in str(collector.poll_health.last_error)
    ticket = collector.request_synchronize('test')
    eventually(lambda: collector.health.failures)
    assert str(path) in str(collector.health.last_error)
    assert not collector.refresh([_R2], timeout=0.5)
    assert _names(collector) == names
    assert collector.get_latest_cluster_data_model()

    path.write_text(good.replace('12000', '13000'))
    assert collector.wait_for_synchronize(ticket, _SECONDS)
    assert collector.health.last_error is None
    assert collector.wait_until_clean([_R2], _SECONDS)


def test_a_deletion_would_not_be_taken_back(
    collector: collectors.RackClusterModelCollector,
) -> None:
    """Why the handler has a rack read that is said to be removed."""
    deletion, doubt = mutation.Deletion(_R2), mutation.Doubt((_R2,), 'changed')
    verdicts = collector.cluster_data_model.apply([deletion, doubt])
    assert verdicts[1].outcome is mutation.Outcome.STALE


def test_without_a_path_it_does_not_begin(
    configuration: pathlib.Path, surroundings: loadable.Surroundings
) -> None:
    told = configuration.read_text()
    configuration.write_text(told.replace('[racks]\npath', '[racks]\n#'))
    surroundings.conf.reload_config_files()
    with pytest.raises(
        exceptions.ConfigurationError, match=r'\[racks\] path is not set'
    ):
        collectors.RackClusterModelCollector(surroundings)

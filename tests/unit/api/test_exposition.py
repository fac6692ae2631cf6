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

"""What is scraped, as Prometheus reads it."""

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics
import pytest

from cdm_graph.api import exposition
from cdm_graph.api import families
from tests.unit.api import support


def test_the_text_can_be_parsed(daemon: support.Daemon) -> None:
    text, media_type = exposition.Exposition(daemon.main.status).write('')
    assert media_type.startswith('text/plain; version=0.0.4')
    found = {
        each.name: each
        for each in parser.text_string_to_metric_families(text.decode())
    }
    for each in families.ALL:
        metric = found[each.name.removesuffix('_total')]
        assert metric.type == each.type.value
        assert metric.documentation == each.meaning
    assert found[exposition.LATENCY].type == 'histogram'


def test_openmetrics_is_written_where_it_is_accepted(
    daemon: support.Daemon,
) -> None:
    daemon.main.snapshot()
    exported = exposition.Exposition(daemon.main.status)
    exported.latency.labels('/status', '200').observe(0.1)
    text, media_type = exported.write('application/openmetrics-text')
    assert media_type.startswith('application/openmetrics-text')
    names = {
        each.name
        for each in openmetrics.text_string_to_metric_families(text.decode())
    }
    assert {'cdm_graph_model_age_seconds', exposition.LATENCY} <= names


@pytest.mark.parametrize(
    'name',
    [
        'process_resident_memory_bytes',
        'process_cpu_seconds_total',
        'process_open_fds',
        'process_start_time_seconds',
        'python_gc_collections_total',
    ],
)
def test_the_process_is_told_of(exported: frozenset[str], name: str) -> None:
    assert name in exported


def test_two_applications_have_nothing_in_common(
    daemon: support.Daemon,
) -> None:
    first = exposition.Exposition(daemon.main.status)
    second = exposition.Exposition(daemon.main.status)
    first.latency.labels('/status', '200').observe(0.1)
    sample = f'{exposition.LATENCY}_count{{route="/status",status="200"}} 1.0'
    assert sample in first.write('')[0].decode()
    assert sample not in second.write('')[0].decode()


def test_the_status_is_read_once_a_scrape(daemon: support.Daemon) -> None:
    """Or what belongs together would be of two moments."""
    reads: list[None] = []

    def read() -> dict[str, object]:
        reads.append(None)
        return daemon.main.status()

    exported = exposition.Exposition(read)
    assert reads == []
    for scrapes in (1, 2):
        exported.write('')
        assert len(reads) == scrapes

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

"""Nova's collector, against a simulated Nova."""

import collections.abc
import time
import typing

import pytest

from cdm_graph import clock as real_clocks
from cdm_graph import exceptions
from cdm_graph.cmd import comparison
from cdm_graph.collector import loadable
from cdm_graph.collector import nova as nova_collectors
from cdm_graph.model import freshness
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from cdm_graph.notification.nova import handler
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import truth as truths
from tests.support import clock as clocks
from tests.support import nova

_KIND = schema.Kind
_PATIENCE = 20.0
_Make = collections.abc.Callable[..., typing.Any]


@pytest.fixture
def source(
    cloud: cloud_module.SimulatedCloud, clock: clocks.FakeClock
) -> nova.InProcessSource:
    return nova.source(nova.InProcessNova(cloud, page_size=4), clock)


@pytest.fixture
def collector(
    serve: _Make, configure: _Make
) -> collections.abc.Iterator[nova_collectors.NovaClusterModelCollector]:
    made = nova_collectors.NovaClusterModelCollector(
        loadable.Surroundings(
            configure(serve()),
            real_clocks.SystemClock(),
            accounting.Accounting(),
        )
    )
    yield made
    current = nova_collectors.NovaClusterModelCollector
    if made is current._instances.get(current):
        made.stop()


def _fill(collector: nova_collectors.NovaClusterModelCollector) -> None:
    ticket = collector.request_synchronize('a test')
    assert collector.wait_for_synchronize(ticket, _PATIENCE)


# -- what it reads ---


def test_a_list_is_a_model_of_the_cloud(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    """Contract 2."""
    model = source.synchronize()
    assert comparison.differences(model, truths.truth(cloud)) == []
    listing = source.list_all()
    assert not any(map(listing.is_hidden, model.elements()))
    assert listing.partial == ()


def test_servers_of_a_cell_that_is_down_are_unobserved(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    """Race 14."""
    host = next(host for host in cloud.nodes if cloud.servers.on_host(host))
    hidden = {row.uuid for row in cloud.servers.on_host(host)}
    known = source.synchronize()
    source._nova.faults.cell_down([host])
    listing = source.list_all()
    assert {
        schema.key_of(element).key
        for element in known.elements()
        if listing.is_hidden(element)
    } == hidden | {cloud.nodes[host].uuid}
    assert listing.partial == (
        f'{len(hidden)} servers are in cells that are down',
        '1 hosts are in cells that are down',
    )
    assert not hidden & set(listing.staging.get_all_instances())
    assert source.describe()['unobserved_servers'] == len(hidden)
    key = schema.ElementKey(_KIND.INSTANCE, min(hidden))
    with pytest.raises(exceptions.CloudUnavailable, match='cell'):
        source.read(key)


def test_one_instance_is_read_or_absent(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    row = next(iter(cloud.servers))
    key = schema.ElementKey(_KIND.INSTANCE, row.uuid)
    (element,) = source.read(key).elements
    assert schema.key_of(element) == key
    gone = schema.ElementKey(_KIND.INSTANCE, 'no-such')
    assert source.read(gone).absent == (gone,)


def test_one_server_group_is_read_or_absent(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    key = schema.ElementKey(_KIND.SERVER_GROUP, next(iter(cloud.groups)))
    (element,) = source.read(key).elements
    assert schema.key_of(element) == key
    gone = schema.ElementKey(_KIND.SERVER_GROUP, 'no-such')
    assert source.read(gone).absent == (gone,)


@pytest.mark.parametrize(
    ('kind', 'count'),
    [
        (_KIND.COMPUTE_NODE, lambda cloud: len(cloud.nodes)),
        (_KIND.HOST_AGGREGATE, lambda cloud: len(cloud.aggregates)),
        (_KIND.FLAVOR, lambda cloud: len(cloud.flavors)),
    ],
)
@pytest.mark.parametrize('key', [schema.EVERY, 'one of them'])
def test_kinds_that_are_few_are_read_as_a_whole(
    source: nova.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    kind: schema.Kind,
    count: collections.abc.Callable[[cloud_module.SimulatedCloud], int],
    key: str,
) -> None:
    reading = source.read(schema.ElementKey(kind, key))
    assert reading.every is kind
    assert len(reading.elements) == count(cloud)


def test_server_groups_may_be_read_as_a_whole_too(
    source: nova.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    key = schema.ElementKey(_KIND.SERVER_GROUP, schema.EVERY)
    reading = source.read(key)
    assert (reading.every, reading.suspect) == (None, _KIND.SERVER_GROUP)
    assert {schema.key_of(each).key for each in reading.elements} == set(
        cloud.groups
    )


def test_what_is_implied_is_not_read(source: nova.InProcessSource) -> None:
    reading = source.read(schema.ElementKey(_KIND.PROJECT, 'red'))
    assert (reading.elements, reading.absent, reading.every) == ((), (), None)


def test_a_default_zone_that_is_configured_wrong_is_warned_of(
    source: nova.InProcessSource, caplog: pytest.LogCaptureFixture
) -> None:
    source.list_all()
    assert 'default_availability_zone' not in caplog.text
    conf = source.surroundings.conf
    conf.set_override(
        'default_availability_zone', 'internal', group='collector'
    )
    try:
        source.list_all()
    finally:
        conf.clear_override('default_availability_zone', group='collector')
    assert 'default_availability_zone' in caplog.text


# -- as a whole ---


def test_it_fills_its_model_by_itself_without_blocking(
    collector: nova_collectors.NovaClusterModelCollector,
    cloud: cloud_module.SimulatedCloud,
) -> None:
    _fill(collector)
    snapshot = collector.get_latest_cluster_data_model()
    assert comparison.differences(snapshot, truths.truth(cloud)) == []
    assert snapshot is not collector.cluster_data_model
    assert snapshot.freshness.readiness is freshness.Readiness.READY
    assert collector.describe()['microversion'] == '2.96'
    assert collector.last_synchronize is not None


def test_there_is_one_of_it(
    collector: nova_collectors.NovaClusterModelCollector,
) -> None:
    again = nova_collectors.NovaClusterModelCollector(collector.surroundings)
    assert again is collector


def test_there_is_a_new_one_after_it_was_stopped(
    collector: nova_collectors.NovaClusterModelCollector,
) -> None:
    collector.stop()
    again = nova_collectors.NovaClusterModelCollector(collector.surroundings)
    try:
        assert again is not collector
        _fill(again)
    finally:
        again.stop()


def test_its_handler_leads_to_its_model(
    collector: nova_collectors.NovaClusterModelCollector,
    cloud: cloud_module.SimulatedCloud,
) -> None:
    """Contract 1, 8: what is in doubt is read."""
    _fill(collector)
    row = next(iter(cloud.servers))
    cloud.change_server(row.uuid, display_name='renamed')
    key = schema.ElementKey(_KIND.INSTANCE, row.uuid)
    assert isinstance(
        collector.notification_handler, handler.NovaNotificationHandler
    )
    assert collector.notification_handler.model_collector is collector
    message = nova.envelope(
        _Message(),
        clocks.FakeClock(),
    )
    collector.submit(mutation.Doubt((key,), 'why'), message)
    deadline = time.monotonic() + _PATIENCE
    model = collector.cluster_data_model
    while model.get_instance_by_uuid(row.uuid).name != 'renamed':
        assert time.monotonic() < deadline
        time.sleep(0.005)


class _Message:
    """As much of a message as an envelope is made of."""

    priority, publisher_id, event_type = 'info', 'nova-compute:a', 'x'
    payload: typing.ClassVar[dict[str, str]] = {}
    message_id, timestamp = 'm', '2026-11-22 16:14:50'


def test_a_model_that_was_never_filled_is_not_ready(
    serve: _Make, configure: _Make
) -> None:
    api = serve()
    conf = configure(api)
    api.faults.fail('servers', 503, None)
    collector = nova_collectors.NovaClusterModelCollector(
        loadable.Surroundings(
            conf, real_clocks.SystemClock(), accounting.Accounting()
        )
    )
    try:
        deadline = time.monotonic() + _PATIENCE
        while not collector.health.failures:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        with pytest.raises(exceptions.NotReady, match='did not answer'):
            collector.get_latest_cluster_data_model()
        assert collector.last_synchronize is None
        api.faults.clear()
        _fill(collector)
        assert len(collector.get_latest_cluster_data_model()) > 0
    finally:
        collector.stop()

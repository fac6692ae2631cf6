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

"""ClusterModelService: the daemon, in the process of the test."""

import collections.abc
import contextlib
import json
import pathlib
import time
import typing

import pytest

from cdm_graph import backoff
from cdm_graph import exceptions
from cdm_graph import service
from cdm_graph.cmd import comparison
from cdm_graph.conf import loading
from cdm_graph.model import answer
from cdm_graph.model import period as periods
from cdm_graph.model import schema
from cdm_graph.model import selection as selections
from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from cdm_graph.store import contract
from cdm_graph.store import stores
from tests.support import store as memory

_TIMEOUT: typing.Final = 30.0
_BUS: typing.Final[dict[tuple[str, str], object]] = {
    ('notifications', 'transport_url'): 'fake://',
    ('notifications', 'pool'): 'unit-service',
    ('notifications', 'heartbeat_period'): 0.1,
}


def _eventually(probe: collections.abc.Callable[[], object]) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while not probe():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextlib.contextmanager
def _a_cloud(
    **options: typing.Any,
) -> collections.abc.Iterator[process.Simulation]:
    simulation = process.Simulation(
        process.SimulationOptions(
            **{
                'hosts': 4,
                'instances': 20,
                'rate': 0,
                'formats': notification.Format.VERSIONED,
                **options,
            }
        )
    )
    simulation.start()
    try:
        yield simulation
    finally:
        simulation.faults.clear()
        simulation.stop()


def _new_service(
    simulation: process.Simulation, overrides: loading.Overrides | None = None
) -> service.ClusterModelService:
    conf = loading.load(
        overrides={
            ('nova', 'auth_type'): 'password',
            ('collector', 'settling_time'): 0.3,
            ('collector', 'longest_retry_delay'): 1.0,
        },
        find_files=False,
    )
    loading.with_credentials(conf, simulation.auth_url, simulation.credentials)
    for (group, name), value in (overrides or {}).items():
        conf.set_override(name, value, group=group)
    return service.ClusterModelService(conf)


@contextlib.contextmanager
def _running(
    simulation: process.Simulation, overrides: loading.Overrides | None = None
) -> collections.abc.Iterator[service.ClusterModelService]:
    main = _new_service(simulation, overrides)
    main.start()
    try:
        yield main
    finally:
        main.stop()


def test_it_fills_the_model_and_tells_its_status() -> None:
    with _a_cloud() as cloud, _running(cloud) as main:
        _eventually(lambda: main.status()['state'] == 'ready')
        assert comparison.differences(main.snapshot(), cloud.truth()) == []
        status = main.status()
        assert json.dumps(status, allow_nan=False)
        assert status['bus'] == {
            'configured': False,
            'topics': ['versioned_notifications'],
            'pool': main.conf.notifications.pool,
        }
        assert status['uptime'] >= 0
        assert status['notifications']['received'] == 0
        nova = status['collectors']['nova']
        assert nova.keys() == {
            *('state', 'sequence', 'synchronized_at', 'age', 'partial'),
            *('elements', 'relations', 'dirty', 'settling', 'listing_since'),
            *('last_synchronize', 'health', 'microversion'),
            *('as_of', 'lag', 'last_poll', 'poll_health', 'recalled_at'),
            *('synchronizes', 'polls', 'unobserved_servers'),
        }
        assert nova['as_of'] == nova['synchronized_at']
        assert nova['listing_since'] is None
        assert nova['last_poll'] is None
        assert nova['poll_health'] == nova['health']
        assert nova['elements']['ComputeNode'] == 4
        assert nova['elements']['Instance'] == 20
        assert nova['health'] == {
            'failures': 0,
            'last_error': None,
            'retry_at': None,
        }


def test_it_is_drained_once_all_is_in_the_model() -> None:
    with (
        _a_cloud(transport_url='fake://') as cloud,
        _running(cloud, _BUS) as main,
    ):
        _eventually(lambda: main.status()['state'] == 'ready')
        _eventually(lambda: main.status()['bus']['alive'])
        uuid = next(
            row.uuid
            for row in cloud.cloud.servers
            if row.vm_state == 'active' and not row.locked
        )
        cloud.perform(cloud.operations.rebuild(uuid))
        _eventually(lambda: main.counters.read().received >= cloud.published)
        # A rebuild is told before it is done: it is read once more.
        assert not main.is_drained()
        assert main.status()['collectors']['nova']['settling'] > 0
        _eventually(main.is_drained)
        assert comparison.differences(main.snapshot(), cloud.truth()) == []


_BOTH: typing.Final[dict[tuple[str, str], object]] = {
    ('collector', 'collectors'): ['nova', 'cinder'],
}


def test_the_models_of_two_collectors_are_one_graph() -> None:
    with _a_cloud() as cloud, _running(cloud, _BOTH) as main:
        _eventually(lambda: main.status()['state'] == 'ready')
        taken = main.snapshot()
        pairs = [
            (volume, server)
            for volume in taken.each(schema.Kind.VOLUME)
            for server in taken.successors(volume, schema.Relation.ATTACHED_TO)
        ]
        assert pairs
        for volume, server in pairs:
            assert isinstance(volume, schema.Volume)
            assert schema.key_of(server).key in (volume.attached_to or ())
            (pool,) = taken.successors(volume, schema.Relation.HOSTED_ON)
            assert taken.successors(pool, schema.Relation.PART_OF)
        status = main.status()
        assert status['model']['elements']['StoragePool']
        nova = status['collectors']['nova']
        assert nova['elements']['StoragePool'] == 0
        assert nova['elements']['Volume'] > 0
        assert status['model']['sequence'] == taken.sequence
        own = main.collector('cinder').get_latest_cluster_data_model()
        assert len(own.get_all(schema.Kind.INSTANCE)) == 0


def test_each_element_is_read_by_who_keeps_it() -> None:
    with _a_cloud() as cloud, _running(cloud, _BOTH) as main:
        assert main.synchronize(_TIMEOUT)
        taken = main.snapshot()
        server = next(iter(taken.get_all_instances().values()))
        volume = next(iter(taken.each(schema.Kind.VOLUME)))
        cloud.cloud.change_server(server.uuid, display_name='other')
        key = schema.key_of(volume)
        cloud.cloud.storage.change_volume(key.key, name='other')
        manager = main.collector_manager
        assert manager.refresh([schema.key_of(server), key], _TIMEOUT)
        after = main.snapshot()
        assert after.get_instance_by_uuid(server.uuid).name == 'other'
        changed = after.get(*key)
        assert isinstance(changed, schema.Volume)
        assert changed.name == 'other'
        assert manager.keeps(schema.Kind.VOLUME)
        assert not manager.keeps(schema.Kind.PORT)


def test_what_one_collector_cannot_see_is_partial() -> None:
    with _a_cloud() as cloud:
        cloud.faults.fail('/volumes', 503)
        with _running(cloud, _BOTH) as main:
            _eventually(
                lambda: main.status()['collectors']['nova']['state'] == 'ready'
            )
            assert main.status()['state'] == 'partial'
            freshness = main.snapshot().freshness
            assert freshness.partial == ('cinder: it is not filled yet',)
            assert freshness.age is None
            cloud.faults.clear()
            _eventually(lambda: main.status()['state'] == 'ready')


def test_heartbeats_keep_the_model_fresh() -> None:
    """Contract 3: without any notification, and without a synchronize."""
    with (
        _a_cloud(transport_url='fake://') as cloud,
        _running(cloud, _BUS) as main,
    ):
        assert main.synchronize(_TIMEOUT)

        def freshened() -> float:
            nova = main.status()['collectors']['nova']
            return float(nova['as_of'] - nova['synchronized_at'])

        _eventually(lambda: freshened() > 0.2)
        nova = main.status()['collectors']['nova']
        assert nova['lag'] is not None
        assert nova['last_poll'] is None
        assert main.counters.read().received == 0


def test_a_poll_is_told_in_the_status() -> None:
    with _a_cloud() as cloud, _running(cloud) as main:
        assert main.synchronize(_TIMEOUT)
        for _messages in cloud.operations.create_server():
            pass
        main.collector('nova').run_poll()
        nova = main.status()['collectors']['nova']
        assert nova['last_poll']['drift'] == {'missed Instance': 1}
        assert nova['last_poll']['began_at'] >= nova['synchronized_at']
        assert nova['polls']['drift'] == {'missed Instance': 1}
        cloud.faults.fail('/os-migrations', 503)
        main.collector('nova').run_poll()
        nova = main.status()['collectors']['nova']
        assert nova['poll_health']['failures'] == 1
        assert nova['polls']['succeeded'] == nova['polls']['failed'] == 1
        assert nova['health']['failures'] == 0


def test_a_synchronize_can_be_asked_for() -> None:
    with _a_cloud() as cloud, _running(cloud) as main:
        assert main.synchronize(_TIMEOUT)
        for _messages in cloud.operations.create_server():
            pass
        assert main.synchronize(_TIMEOUT)
        assert comparison.differences(main.snapshot(), cloud.truth()) == []
        report = main.status()['collectors']['nova']['last_synchronize']
        assert report['drift']['missed Instance'] == 1


@pytest.mark.parametrize('path', ['/compute', '/identity'])
def test_a_model_that_was_never_filled_is_not_given_away(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(backoff, 'delay', lambda *_: 0.01)
    with _a_cloud() as cloud:
        cloud.faults.fail(path, 500, None)
        with _running(cloud) as main:
            _eventually(
                lambda: main.status()['collectors']['nova']['health'][
                    'failures'
                ]
            )
            assert main.status()['state'] == 'not ready'
            assert main.status()['collectors']['nova']['age'] is None
            with pytest.raises(exceptions.NotReady, match='last attempt'):
                main.snapshot()
            assert not main.synchronize(0.1)
            cloud.faults.clear()
            assert main.synchronize(_TIMEOUT)
            assert main.status()['state'] == 'ready'


def test_a_collector_that_there_is_not_is_told() -> None:
    with (
        _a_cloud() as cloud,
        _running(cloud) as main,
        pytest.raises(exceptions.CollectorNotFound, match='there are'),
    ):
        main.collector('cinder')


def test_refused_credentials_are_a_wrong_configuration() -> None:
    with _a_cloud() as cloud:
        with pytest.raises(
            exceptions.ConfigurationError, match='password'
        ) as caught:
            _new_service(cloud, {('nova', 'password'): 'hidden'})
        assert 'hidden' not in str(caught.value)


@pytest.mark.parametrize(
    ('group', 'option', 'value'),
    [
        ('notifications', 'transport_url', 'nothing://host/'),
        ('notifications', 'transport_url', 'host'),
        ('notifications', 'transport_url', 'rabbit://u:hidden@host:port/'),
        ('notifications', 'ignored_events', '('),
        ('collector', 'collectors', ['nova', 'swift']),
        ('nova', 'region_name', 'RegionTwo'),
        ('nova', 'auth_type', 'magic'),
        ('history', 'file', '/dev/null/history.sqlite'),
    ],
)
def test_a_wrong_option_is_named(
    group: str, option: str, value: object
) -> None:
    with _a_cloud() as cloud:
        with pytest.raises(
            exceptions.ConfigurationError, match=rf'\[{group}\].*{option}'
        ) as caught:
            _new_service(cloud, _BUS | {(group, option): value})
        assert 'hidden' not in str(caught.value)


def test_a_list_that_lacks_most_servers_is_refused() -> None:
    with _a_cloud(instances=60) as cloud, _running(cloud) as main:
        assert main.synchronize(_TIMEOUT)
        for uuid in [row.uuid for row in cloud.cloud.servers][:50]:
            cloud.cloud.destroy_server(uuid)
        assert not main.synchronize(0.5)
        _eventually(lambda: main.collector('nova').health.failures > 0)
        nova = main.status()['collectors']['nova']
        assert 'deletion_share' in nova['health']['last_error']
        assert nova['elements']['Instance'] == 60
        assert main.status()['state'] == 'ready'


def test_a_cell_that_is_down_makes_the_model_partial() -> None:
    with _a_cloud() as cloud, _running(cloud) as main:
        assert main.synchronize(_TIMEOUT)
        cloud.faults.cell_down(list(cloud.cloud.nodes)[:2])
        assert main.synchronize(_TIMEOUT)
        status = main.status()
        assert status['state'] == 'partial'
        nova = status['collectors']['nova']
        unobserved = nova['unobserved_servers']
        assert unobserved > 0
        assert nova['partial'] == [
            f'{unobserved} servers are in cells that are down',
            '2 hosts are in cells that are down',
            'not all compute nodes can be listed while a cell is down',
            'not all server groups can be listed while a cell is down',
        ]
        assert nova['elements']['Instance'] == 20
        assert nova['elements']['ComputeNode'] == len(cloud.cloud.nodes)
        cloud.faults.clear()
        assert main.synchronize(_TIMEOUT)
        assert main.status()['state'] == 'ready'
        assert comparison.differences(main.snapshot(), cloud.truth()) == []


def test_it_can_be_made_anew_after_a_stop() -> None:
    with _a_cloud() as cloud:
        for _ in range(2):
            with _running(cloud) as main:
                assert main.synchronize(_TIMEOUT)


def test_two_configurations_have_nothing_in_common() -> None:
    first = loading.load(
        overrides={('collector', 'refresh_threads'): 7}, find_files=False
    )
    second = loading.load(find_files=False)
    assert first.collector.refresh_threads == 7
    assert second.collector.refresh_threads == 4


# -- what happened ---


def test_the_history_outlives_the_daemon(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'history.sqlite'
    overrides: loading.Overrides = {('history', 'file'): str(path)}
    everything = selections.Selection(), periods.Period(), 1000
    with _a_cloud() as cloud:
        with _running(cloud, overrides) as main:
            assert main.synchronize(_TIMEOUT)
            for _messages in cloud.operations.create_server():
                pass
            assert main.synchronize(_TIMEOUT)
            before = main.past.latest(*everything)
            assert before.entries
            epoch = main.change_log.epoch
            with pytest.raises(
                exceptions.ConfigurationError,
                match=r'\[history\] file: Another daemon records into',
            ):
                _new_service(cloud, overrides)
        with _running(cloud, overrides) as main:
            assert main.synchronize(_TIMEOUT)
            _eventually(
                lambda: main.past.latest(*everything).gaps[0].until is not None
            )
            after = main.past.latest(*everything)
            assert after.entries == before.entries
            assert {entry.run for entry in after.entries} == {epoch}
            assert after.began_at == before.began_at
            status = main.status()
            assert json.dumps(status, allow_nan=False)
            assert status['history']['file'] == str(path)
            assert status['history']['changes'] == len(before.entries)


def test_without_a_file_the_history_ends_with_the_daemon() -> None:
    with _a_cloud() as cloud:
        main = _new_service(cloud)
        with pytest.raises(exceptions.NotReady):
            _ = main.past
        with _running(cloud) as main:
            assert main.status()['history'] is None
            assert main.past.latest(
                selections.Selection(), periods.Period(), 9
            )


# -- a graph database ---


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> memory.MemoryStore:
    """Have it opened wherever a store is."""
    opened = memory.MemoryStore(
        'RegionOne', answers={'MATCH': answer.Answer(('a',), ((1,),))}
    )
    monkeypatch.setattr(stores, 'open_store', lambda _conf: opened)
    return opened


def test_without_a_store_no_query_is_answered() -> None:
    with _a_cloud() as cloud, _running(cloud) as main:
        assert main.status()['store'] is None
        with pytest.raises(
            exceptions.StoreUnavailable, match=r'\[store\] name'
        ):
            main.query('MATCH', {})


def test_the_model_is_mirrored_and_asked(store: memory.MemoryStore) -> None:
    with _a_cloud() as cloud, _running(cloud) as main:
        assert main.synchronize(_TIMEOUT)
        assert main.query('MATCH', {'a': 1}).rows == ((1,),)
        assert memory.model_of(store) == memory.content_of(
            main.snapshot(), 'RegionOne'
        )
        model = main.collector('nova').cluster_data_model
        assert model.query('MATCH', b=2).rows == ((1,),)
        limits = contract.Limits(0.5, 3)
        main.query('MATCH', {}, limits=limits)
        assert [values for _, values, _ in store.asked] == [
            {'a': 1},
            {'b': 2},
            {},
        ]
        assert store.asked[-1][2] == limits
        status = main.status()
        assert json.dumps(status, allow_nan=False)
        assert status['store']['state'] == 'following'
        assert status['store']['behind'] == 0
        assert not store.closed
    assert store.closed


def test_what_the_store_has_is_told_where_that_is_enough(
    store: memory.MemoryStore,
) -> None:
    with _a_cloud() as cloud:
        cloud.faults.fail('/compute', 500, None)
        with _running(cloud) as main:
            # The model was never filled, and what is stored is all there is.
            found = main.query('MATCH', {}, current=False)
            assert found.rows == ((1,),)
            with pytest.raises(
                exceptions.StoreUnavailable, match='not caught up'
            ):
                main.query('MATCH', {}, limits=contract.Limits(0.05, 1))


def test_a_store_that_is_away_holds_up_nothing(
    store: memory.MemoryStore,
) -> None:
    store.unavailable = True
    with _a_cloud() as cloud, _running(cloud) as main:
        assert main.synchronize(_TIMEOUT)
        assert main.status()['state'] == 'ready'
        _eventually(lambda: main.status()['store']['state'] == 'unavailable')
        store.unavailable = False
        assert main.query('MATCH', {}).rows == ((1,),)


@pytest.mark.parametrize(
    ('warm', 'lasting', 'state'),
    [
        (True, True, 'stale'),
        (False, True, 'not ready'),
        (True, False, 'not ready'),
    ],
)
def test_what_is_remembered_is_served_until_the_first_synchronize(
    store: memory.MemoryStore, warm: bool, lasting: bool, state: str
) -> None:
    with _a_cloud() as cloud:
        with _running(cloud) as main:
            assert main.synchronize(_TIMEOUT)
            main.query('MATCH', {})
            model = main.collector('nova').cluster_data_model
            began_at = model.synchronized_at
        # One that was asked for at the start may have come after it.
        ended_at = model.synchronized_at
        before = memory.model_of(store)
        rows = store.rows_written
        store.lasting = lasting
        cloud.faults.fail('/compute', 500, None)
        overrides: loading.Overrides = {('store', 'warm_start'): warm}
        with _running(cloud, overrides) as main:
            status = main.status()
            assert status['state'] == state
            nova = status['collectors']['nova']
            if state == 'stale':
                assert nova['elements']['Instance'] == 20
                assert nova['as_of'] in (began_at, ended_at)
                assert len(main.snapshot()) > 20
            else:
                assert nova['elements']['Instance'] == 0
            # What is not known to be so is not written.
            assert status['store']['state'] == 'waiting'
            assert store.rows_written == rows
            cloud.faults.clear()
            assert main.synchronize(_TIMEOUT)
            assert main.status()['state'] == 'ready'
            main.query('MATCH', {})
            assert memory.model_of(store) == memory.content_of(
                main.snapshot(), 'RegionOne'
            )
            assert memory.model_of(store).keys() == before.keys()


def test_a_store_that_cannot_be_read_is_no_reason_not_to_start(
    store: memory.MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.unavailable = True
    with _a_cloud() as cloud, _running(cloud) as main:
        assert 'Nothing is remembered of the last run' in caplog.text
        assert main.synchronize(_TIMEOUT)


def test_a_store_that_is_not_installed_is_a_wrong_configuration() -> None:
    with (
        _a_cloud() as cloud,
        pytest.raises(exceptions.ConfigurationError, match=r'\[store\] name'),
    ):
        _new_service(cloud, {('store', 'name'): 'oracle'})

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

"""The families of metrics, read from the status of a real daemon."""

import copy
import re
import typing

import pytest

from cdm_graph.api import families
from cdm_graph.api import family
from tests.unit.api import support

#: The units that a name ends with, as far as it has one.
_UNITS: typing.Final = re.compile(
    r'_(seconds|elements|changes|info|state|relations|received|pending|alive'
    r'|configured|reasons|a_row|notifications|interruptions|synchronizes'
    r'|polls)(_total)?$'
)


def _read(name: str, status: family.Status) -> dict[tuple[str, ...], float]:
    [found] = [each for each in families.ALL if each.name == name]
    return {
        (*sample.labels.values(), *filter(None, [sample.suffix])): sample.value
        for sample in found.read(status)
    }


@pytest.fixture
def status(daemon: support.Daemon) -> dict[str, typing.Any]:
    """Return one that a test may change."""
    support.eventually(lambda: daemon.main.status()['bus']['alive'])
    support.eventually(
        lambda: daemon.main.status()['store']['state'] == 'following'
    )
    return copy.deepcopy(daemon.main.status())


def test_names_and_labels_are_as_prometheus_wants_them(
    status: dict[str, typing.Any],
) -> None:
    names = [each.name for each in families.ALL]
    assert len(set(names)) == len(names)
    for each in families.ALL:
        assert re.fullmatch(r'cdm_graph_[a-z_]+', each.name)
        assert _UNITS.search(each.name), each.name
        is_counter = each.type is family.Type.COUNTER
        assert is_counter == each.name.endswith('_total'), each.name
        assert each.meaning.endswith('.')
        for sample in each.read(status):
            assert {*sample.labels} - {'le'} == {*each.labels}
            assert isinstance(sample.value, float | int)


def test_each_family_has_samples_once_all_is_known(
    daemon: support.Daemon,
) -> None:
    for _messages in daemon.cloud.operations.create_server():
        pass
    daemon.main.collector('nova').run_poll()
    daemon.main.snapshot()
    daemon.main.counters.lagged(0.5)
    support.eventually(
        lambda: daemon.main.status()['store']['sequence'] is not None
    )
    status = daemon.main.status()
    # The mirror tells of drift when it has compared for the second time.
    status['store']['drift'] = 0
    for each in families.ALL:
        assert list(each.read(status)), each.name


def test_one_state_is_current(status: dict[str, typing.Any]) -> None:
    assert _read('cdm_graph_model_state', status) == {
        ('nova', 'not ready'): 0,
        ('nova', 'stale'): 0,
        ('nova', 'ready'): 1,
        ('nova', 'partial'): 0,
    }
    assert _read('cdm_graph_history_state', status) == {
        ('recording',): 1,
        ('unavailable',): 0,
    }
    assert _read('cdm_graph_mirror_state', status) == {
        ('waiting',): 0,
        ('reconciling',): 0,
        ('following',): 1,
        ('unavailable',): 0,
    }


def test_a_state_that_is_new_is_told(status: dict[str, typing.Any]) -> None:
    status['store']['state'] = 'dreaming'
    found = _read('cdm_graph_mirror_state', status)
    assert found['dreaming',] == 1
    assert found['following',] == 0


def test_the_counters_are_conserved(status: dict[str, typing.Any]) -> None:
    """Rule 9 of the design: what came in is what became of it."""
    status['notifications']['received'] += 3
    status['notifications']['outcomes']['failed'] += 1
    [received] = _read(
        'cdm_graph_notifications_received_total', status
    ).values()
    outcomes = _read('cdm_graph_notifications_total', status)
    [pending] = _read('cdm_graph_notifications_pending', status).values()
    assert {outcome for (outcome,) in outcomes} == {
        *('applied', 'stale', 'duplicate'),
        *('ignored', 'deferred', 'failed'),
    }
    assert received == sum(outcomes.values()) + pending
    assert pending == 2


def test_what_is_not_known_has_no_sample(
    status: dict[str, typing.Any],
) -> None:
    nova = status['collectors']['nova']
    nova |= dict.fromkeys(
        ('age', 'synchronized_at', 'last_synchronize', 'last_poll')
    )
    status['store'] = status['history'] = None
    status['bus'] = {'configured': False, 'topics': [], 'pool': ''}
    lag = status['notifications']['lag']
    lag |= dict.fromkeys(('p50', 'p99', 'largest'))
    for name in (
        'cdm_graph_model_age_seconds',
        'cdm_graph_model_synchronized_timestamp_seconds',
        'cdm_graph_synchronize_last_duration_seconds',
        'cdm_graph_poll_last_drift_elements',
        'cdm_graph_bus_alive',
        'cdm_graph_notification_lag_seconds',
        *(each.name for each in families.MIRROR),
        *(each.name for each in families.HISTORY),
    ):
        assert _read(name, status) == {}
    assert _read('cdm_graph_bus_configured', status) == {(): 0}


def test_attempts_are_counted_by_their_outcome(
    status: dict[str, typing.Any],
) -> None:
    nova = status['collectors']['nova']
    nova['synchronizes'] |= {'succeeded': 3, 'failed': 2, 'seconds': 4.5}
    nova['poll_health'] |= {'failures': 7}
    assert _read('cdm_graph_synchronizes_total', status) == {
        ('nova', 'succeeded'): 3,
        ('nova', 'failed'): 2,
    }
    assert _read('cdm_graph_synchronize_seconds_total', status) == {
        ('nova',): 4.5
    }
    assert _read('cdm_graph_poll_failures_in_a_row', status) == {('nova',): 7}


def test_drift_is_summed_and_begins_with_zeros(
    status: dict[str, typing.Any],
) -> None:
    nova = status['collectors']['nova']
    nova['synchronizes']['drift'] = {
        'missed Instance': 2,
        'missed ServerGroup': 1,
        'stale attribute Instance': 4,
    }
    nova['polls']['drift'] = {}
    found = _read('cdm_graph_drift_elements_total', status)
    assert {
        what: count
        for (_, corrector, what), count in found.items()
        if corrector == 'synchronize'
    } == {'missed': 3, 'phantom': 0, 'stale attribute': 4, 'suspect': 0}
    assert {
        what: count
        for (_, corrector, what), count in found.items()
        if corrector == 'poll'
    } == dict.fromkeys(('missed', 'phantom', 'stale attribute', 'suspect'), 0)


def test_hand_outs_are_counted_up_to_each_bound(
    status: dict[str, typing.Any],
) -> None:
    status['hand_outs'] = {
        'bounds': (0.001, 0.1),
        'counts': (3, 0, 1),
        'seconds': 1.5,
    }
    assert _read('cdm_graph_hand_out_duration_seconds', status) == {
        ('0.001', '_bucket'): 3,
        ('0.1', '_bucket'): 3,
        ('+Inf', '_bucket'): 4,
        ('_count',): 4,
        ('_sum',): 1.5,
    }


def test_sizes_are_those_of_the_model(
    daemon: support.Daemon, status: dict[str, typing.Any]
) -> None:
    elements = _read('cdm_graph_model_elements', status)
    assert elements['nova', 'ComputeNode'] == 4
    assert elements['nova', 'Instance'] >= 20
    relations = _read('cdm_graph_model_relations', status)
    assert relations['nova', 'HOSTED_ON'] > 0
    assert len(relations) == len(daemon.main.snapshot().count_relations())

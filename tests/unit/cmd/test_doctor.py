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

"""What the doctor prints of what was found, and its exit code."""

import argparse
import json
import os
import signal
import typing

import pytest

from cdm_graph.cmd import doctor
from cdm_graph.conf import loading
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import examination
from cdm_graph.diagnosis import finding
from cdm_graph.diagnosis import report as reports
from cdm_graph.diagnosis import subject as subjects
from cdm_graph.diagnosis import tally
from tests.unit.diagnosis import support


def _report(**changes: typing.Any) -> reports.Report:
    return reports.judge(support.evidence(**changes))


def _wrong() -> reports.Report:
    return _report(bus=support.bus(hearings=(support.hearing({}),)))


def test_the_worst_comes_first_with_what_to_set_unbroken() -> None:
    text = doctor.describe(_wrong())
    lines = text.splitlines()
    assert lines[0] == 'wrong: events (Nova)'
    assert max(map(len, lines[1:3])) <= 79
    assert (
        '    nova.conf, every service: [oslo_messaging_notifications] driver '
        '= messagingv2' in lines
    )
    assert lines[-1] == 'verdict: wrong'


def test_what_was_heard_is_listed_the_most_frequent_first() -> None:
    types = {
        (tally.Format.VERSIONED, f'instance.event_{number}'): number
        for number in range(1, 31)
    }
    bus = support.bus(hearings=(support.hearing(types),))
    lines = doctor.describe(_report(bus=bus)).splitlines()
    (first,) = (
        number for number, line in enumerate(lines) if 'event type' in line
    )
    assert lines[first + 1].split() == [
        *('30', 'versioned', 'instance.event_30', support.TOPIC)
    ]
    assert lines[first + 21] == '... and 10 more; see --json'


def test_the_document_has_everything_in_plain_values() -> None:
    seen = json.loads(json.dumps(doctor.document(_report())))
    assert seen['verdict'] == 'ok'
    assert seen['queues'] == {'pool': {'depth': 0, 'consumers': 1}}
    assert seen['api']['microversion'] == '2.96'
    assert seen['servers_changed'] == 1
    assert {
        'topic': support.TOPIC,
        'format': 'versioned',
        'event_type': 'instance.update',
        'count': 2,
    } in seen['heard']
    assert {each['severity'] for each in seen['findings']} == {'ok'}
    assert set(seen['findings'][0]) == {
        *('service', 'name', 'severity', 'finding', 'set')
    }


def test_the_document_has_each_service() -> None:
    services = (
        support.service(),
        support.service(
            subject=subjects.Subject(name='Racks', group='racks'),
            facts=None,
            changes=None,
            error='It is away.',
        ),
    )
    seen = json.loads(json.dumps(doctor.document(_report(services=services))))
    assert set(seen['services']) == {'Cinder', 'Racks'}
    assert seen['services']['Cinder']['changed'] == 1
    assert seen['services']['Cinder']['api']['clock_difference'] == 0.1
    assert seen['services']['Racks'] == {
        'api': {
            'microversion': None,
            'clock_difference': None,
            'clock_error': None,
        },
        'changed': None,
    }
    named = {(each['service'], each['name']) for each in seen['findings']}
    assert {('Racks', 'API'), ('Cinder', 'policy'), (None, 'bus')} <= named


def test_whose_finding_it_is_is_told() -> None:
    lines = doctor.describe(_report(services=(support.service(),)))
    assert 'ok: policy (Nova)\n' in lines
    assert 'ok: policy (Cinder)\n' in lines
    assert 'ok: bus\n' in lines


def test_the_document_of_a_cloud_that_is_away_is_whole_too() -> None:
    cloud = evidences.Cloud(error='It is away.')
    bus = support.bus(error='It too.', hearings=(), after={'x.info': None})
    seen = json.loads(
        json.dumps(doctor.document(_report(cloud=cloud, bus=bus)))
    )
    assert seen['verdict'] == 'wrong'
    assert seen['queues'] == {'x.info': None}
    assert seen['servers_changed'] is None
    assert seen['api']['clock_difference'] is None


@pytest.mark.parametrize(
    ('severity', 'code'),
    [
        (finding.Severity.OK, 0),
        (finding.Severity.UNKNOWN, 0),
        (finding.Severity.ADVICE, 0),
        (finding.Severity.STALE, 0),
        (finding.Severity.WRONG, 1),
    ],
)
@pytest.mark.parametrize('as_json', [True, False])
def test_only_a_model_that_is_wrong_costs_a_one(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    severity: finding.Severity,
    code: int,
    as_json: bool,
) -> None:
    each = finding.Finding('bus', severity, 'Words.')
    report = reports.Report((each,), support.evidence())
    monkeypatch.setattr(examination.Examination, 'run', lambda _self: report)
    assert _run(as_json) == code
    shown = capsys.readouterr().out
    if as_json:
        assert json.loads(shown)['verdict'] == severity.value
    else:
        assert shown.endswith(f'verdict: {severity.value}\n')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_as_ctrl_c_does(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """What has to be cleaned up is cleaned up on the way."""
    cleaned: list[bool] = []

    def run(_self: examination.Examination) -> reports.Report:
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        finally:
            cleaned.append(True)
        raise AssertionError

    before = signal.getsignal(number)
    monkeypatch.setattr(examination.Examination, 'run', run)
    assert _run() == 1
    assert cleaned
    assert signal.getsignal(number) == before


def _run(as_json: bool = False) -> int:
    options = argparse.Namespace(json=as_json, socket=None, seconds=60.0)
    command = doctor.Doctor(
        None, argparse.Namespace(debug=False, config_file=[])
    )
    command.load_conf = lambda _overrides: loading.load(
        overrides={('daemon', 'socket'): '/nonexistent/cdm.sock'},
        find_files=False,
    )
    return command.take_action(options)

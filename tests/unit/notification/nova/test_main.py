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

"""The table of event types, as it is printed."""

import subprocess
import sys

import pytest

from cdm_graph.notification.nova import __main__ as table
from cdm_graph.notification.nova import events


def test_there_is_a_line_for_each_event_type_of_either_format() -> None:
    rows = list(table.rows())
    assert len(rows) == 132 + 117
    assert len({(name, format_) for name, format_, _ in rows}) == len(rows)
    for format_, known in (
        ('versioned', events.VERSIONED),
        ('legacy', events.LEGACY),
    ):
        assert {
            name: authority
            for name, told, authority in rows
            if told == format_
        } == {
            name: event_type.authority.value
            for name, event_type in known.items()
        }


def test_the_table_is_sorted_within_its_formats() -> None:
    names = [name for name, _, _ in table.rows()]
    assert names[:132] == sorted(names[:132])
    assert names[132:] == sorted(names[132:])


def test_the_table_is_printed_with_its_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, 'argv', ['nova', '--table'])
    table.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 132 + 117 + 2
    assert lines[-2:] == [
        '132 versioned event types',
        '117 legacy event types',
    ]
    [line] = [
        line for line in lines if line.startswith('instance.share_attach.end')
    ]
    assert line.split(maxsplit=2) == [
        'instance.share_attach.end',
        'versioned',
        'relation set: a share more',
    ]
    # What belongs together is below each other.
    assert len({line.index('versioned') for line in lines[:132]}) == 1


def test_nothing_is_printed_unasked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, 'argv', ['nova'])
    with pytest.raises(SystemExit, match='2'):
        table.main()
    assert '--table' in capsys.readouterr().err


def test_it_is_run_as_a_module() -> None:
    ran = subprocess.run(
        [sys.executable, '-m', 'cdm_graph.notification.nova', '--table'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.endswith('117 legacy event types\n')

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

"""How findings are put in words and in order."""

import pytest

from cdm_graph.diagnosis import finding

_SEVERITY = finding.Severity


def _finding(severity: finding.Severity) -> finding.Finding:
    return finding.Finding(severity.value, severity, 'Words.')


def test_the_worst_is_told_first_and_is_the_verdict() -> None:
    found = [_finding(each) for each in _SEVERITY]
    assert finding.worst(found) is _SEVERITY.WRONG
    assert finding.worst(found[:-1]) is _SEVERITY.STALE
    assert finding.worst([]) is _SEVERITY.OK
    assert [each.name for each in finding.ranked(found)] == [
        *('wrong', 'stale', 'advice', 'unknown', 'ok')
    ]


@pytest.mark.parametrize(
    ('names', 'words'),
    [
        ((), ''),
        (('b', 'a'), 'a, b'),
        (('c', 'b', 'a'), 'a, b, c'),
        (('d', 'c', 'b', 'a'), 'a, b, c and 1 more'),
    ],
)
def test_many_names_are_cut_short(names: tuple[str, ...], words: str) -> None:
    assert finding.some(names) == words


def test_one_is_not_many() -> None:
    assert finding.count(1, 'server') == '1 server'
    assert finding.count(0, 'server') == '0 servers'

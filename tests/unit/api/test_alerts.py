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

"""The alerts for Prometheus, against what a daemon really exports."""

import re
import typing

import pytest

from cdm_graph.api import families
from cdm_graph.api import family
from tests.support import observability
from tests.unit.api import support

_DURATION: typing.Final = re.compile(r'[1-9][0-9]*[smhd]')
#: A name of a metric, and its matchers.
_LABEL: typing.Final = re.compile(r'(\w+)\{([^}]*)\}')
_MATCHER: typing.Final = re.compile(r'(\w+)="([^"]*)"')

_each_alert = pytest.mark.parametrize(
    'rule',
    [pytest.param(rule, id=rule['alert']) for rule in observability.alerts()],
)


def test_they_use_what_is_exported(exported: frozenset[str]) -> None:
    used = observability.names(rule['expr'] for rule in observability.alerts())
    assert used
    assert used <= exported


def test_their_names_tell_them_apart() -> None:
    found = [rule['alert'] for rule in observability.alerts()]
    assert len({*found}) == len(found)
    assert all(re.fullmatch('CdmGraph[A-Za-z]+', name) for name in found)


@_each_alert
def test_an_alert_is_whole(rule: dict[str, typing.Any]) -> None:
    assert rule.keys() <= {'alert', 'expr', 'for', 'labels', 'annotations'}
    assert observability.is_balanced(rule['expr'])
    assert _DURATION.fullmatch(rule.get('for', '1m'))
    assert rule['labels']['severity'] in {'warning', 'critical'}


@_each_alert
def test_an_alert_says_what_is_the_matter(
    rule: dict[str, typing.Any],
) -> None:
    assert rule['annotations'].keys() == {'summary', 'description'}
    assert '{{ $labels.instance }}' in rule['annotations']['summary']
    for text in rule['annotations'].values():
        assert text.endswith('.')
        assert text.count('{{') == text.count('}}')


@_each_alert
def test_an_alert_looks_for_values_that_there_are(
    rule: dict[str, typing.Any], daemon: support.Daemon
) -> None:
    """A label's value that is misspelt would never fire."""
    status = daemon.main.status()
    for name, matchers in _LABEL.findall(rule['expr']):
        for label, value in _MATCHER.findall(matchers):
            if name.startswith('cdm_graph') and label != 'route':
                assert value in _values(name, label, status), (name, value)


def _values(name: str, label: str, status: family.Status) -> set[str]:
    [found] = [each for each in families.ALL if each.name == name]
    return {sample.labels[label] for sample in found.read(status)}

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

"""The files that are shipped for Prometheus and Grafana, and what they use."""

import collections.abc
import json
import pathlib
import re
import typing

import yaml

_ETC: typing.Final = pathlib.Path(__file__).parents[2] / 'etc'
DASHBOARD: typing.Final = _ETC / 'grafana' / 'cdm-graph.json'
ALERTS: typing.Final = _ETC / 'prometheus' / 'cdm-graph-alerts.yaml'
#: Names of metrics in PromQL: those of the daemon, and of its process.
_NAME: typing.Final = re.compile(r'\b(?:cdm_graph|process|python)_\w+')


def dashboard() -> dict[str, typing.Any]:
    loaded: dict[str, typing.Any] = json.loads(DASHBOARD.read_text())
    return loaded


def alerts() -> list[dict[str, typing.Any]]:
    """Return the rules of all groups."""
    loaded = yaml.safe_load(ALERTS.read_text())
    return [rule for group in loaded['groups'] for rule in group['rules']]


def names(expressions: collections.abc.Iterable[str]) -> set[str]:
    """Return the names of the metrics that are used."""
    return {name for each in expressions for name in _NAME.findall(each)}


def is_balanced(expression: str) -> bool:
    """Return whether each bracket is closed; it is no parser of PromQL."""
    closing = {')': '(', ']': '[', '}': '{'}
    opened: list[str] = []
    for character in re.sub(r'"[^"]*"', '', expression):
        if character in closing.values():
            opened.append(character)
        elif character in closing and (
            not opened or opened.pop() != closing[character]
        ):
            return False
    return not opened

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

import argparse
import typing

import pytest

from cdm_graph.cmd import changes

_ROW: typing.Final[dict[str, typing.Any]] = {
    'sequence': 7,
    'at': '2026-11-14T22:13:20.250Z',
    'kind': 'Instance',
    'id': 'i',
    'name': 'web',
    'what': 'changed',
    'cause': 'instance.live_migration_post_dest.end',
    'request_id': 'req-1',
    'changed': {
        'node': {'before': 'alpha', 'after': 'beta'},
        'task_state': {'before': 'migrating', 'after': None},
        'updated_at': {'before': 'x', 'after': 'y'},
    },
    'related': [{'relation': 'HOSTED_ON', 'target': 'b'}],
    'unrelated': [{'relation': 'HOSTED_ON', 'target': 'a'}],
}


def _options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    changes.add_selection(parser)
    return parser.parse_args(words)


def test_what_is_chosen_is_what_the_daemon_is_asked_for() -> None:
    assert changes.selection(_options()) == []
    assert changes.selection(
        _options(
            *('web', '--kind', 'Instance', '--kind', 'Port'),
            *('--project', 'red', '--host', 'alpha'),
        )
    ) == [
        ('kind', 'Instance'),
        ('kind', 'Port'),
        ('element', 'web'),
        ('project', 'red'),
        ('host', 'alpha'),
    ]


def test_there_are_only_kinds_of_the_schema(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        _options('--kind', 'Nonsense')
    assert 'ComputeNode' in capsys.readouterr().err


def test_a_line_tells_when_what_and_why() -> None:
    assert changes.line(_ROW) == (
        '2026-11-14T22:13:20.250Z  Instance web  node: alpha -> beta, '
        'task_state: migrating -> -  '
        '(instance.live_migration_post_dest.end req-1)'
    )


@pytest.mark.parametrize(
    ('row', 'words'),
    [
        (
            {
                'what': 'created',
                'changed': {'node': {'before': None, 'after': 'beta'}},
            },
            'created node=beta',
        ),
        (
            {
                'what': 'deleted',
                'changed': {'node': {'before': 'beta', 'after': None}},
            },
            'deleted node=beta',
        ),
        (
            {'what': 'related', 'changed': {}},
            '+HOSTED_ON b, -HOSTED_ON a',
        ),
        (
            {
                'changed': {'updated_at': {'before': 'x', 'after': 'y'}},
                'related': [],
                'unrelated': [],
            },
            'touched',
        ),
    ],
)
def test_what_is_of_interest_is_told(
    row: dict[str, typing.Any], words: str
) -> None:
    assert changes.details({**_ROW, **row}) == words

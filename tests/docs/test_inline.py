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


"""Commands and options that the text names exist."""

import collections.abc
import configparser
import importlib.metadata
import re
import shlex
import typing

from docutils import core
from docutils import nodes
import pytest

from cdm_graph.cmd import main
from tests.docs import blocks
from tests.docs import nova_options
from tests.docs import treatments

#: Commands that cliff brings.
_OF_CLIFF: typing.Final = frozenset({'complete', 'help'})
#: What another program's file has, and the text says so.
_ELSEWHERE: typing.Final = frozenset(
    {
        ('DEFAULT', 'default_availability_zone'),  # nova.conf
        ('api', 'max_limit'),  # nova.conf
    }
)
_OPTION: typing.Final = re.compile(r'\[(\w+)\] (\w+)')


def _literals() -> collections.abc.Iterator[tuple[str, str]]:
    """Yield each inline literal of all documents, with its document."""
    for path in blocks.PATHS:
        document = core.publish_doctree(
            path.read_text(),
            settings_overrides={'report_level': 5, 'halt_level': 5},
        )
        for literal in document.findall(nodes.literal):
            yield path.name, ' '.join(literal.astext().split())


_ALL: typing.Final = tuple(dict.fromkeys(_literals()))


def _chosen(begin: str) -> list[typing.Any]:
    return [
        pytest.param(text, id=f'{name}: {text}')
        for name, text in _ALL
        if text.startswith(begin)
    ]


@pytest.mark.parametrize('text', _chosen('cdm-graph '))
def test_a_command_exists_with_its_options(text: str) -> None:
    words = shlex.split(text.removeprefix('cdm-graph '))
    while words[0].startswith('--config-file'):
        words = words[2:]
    name, *rest = words
    if name.startswith('-') or name in _OF_CLIFF:
        return
    [point] = importlib.metadata.entry_points(group=main.NAMESPACE, name=name)
    parser = point.load()(None, None).get_parser(name)
    known = set(parser._option_string_actions)
    assert {word for word in rest if word.startswith('-')} <= known


@pytest.mark.parametrize('text', _chosen('tox -e '))
def test_an_environment_exists(text: str) -> None:
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(blocks.ROOT / 'tox.ini')
    for name in text.split()[2].split(','):
        assert name == 'py3' or settings.has_section(f'testenv:{name}')


@pytest.mark.parametrize(
    ('section', 'name'),
    sorted(
        {
            (found[1], found[2])
            for _, text in _ALL
            if (found := _OPTION.fullmatch(text))
        }
        - _ELSEWHERE
    ),
)
def test_an_option_exists(section: str, name: str) -> None:
    known = treatments.known_options(section) | nova_options.known(section)
    assert name in known

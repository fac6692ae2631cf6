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

"""Kinds of other packages: each is tried in a process of its own."""

import pathlib
import subprocess
import sys
import textwrap
import typing

import pytest

_RACK: typing.Final = """
from cdm_graph.model import fields
from cdm_graph.model import schema


@schema.element(
    schema.Link(
        'hosts',
        schema.Relation.declare('IN_RACK'),
        schema.Kind.COMPUTE_NODE,
        'The rack that the node stands in.',
        by='service_host',
        direction=schema.Direction.IN,
    ),
    prefix='rack/',
)
class Rack(schema.Element):
    kind = schema.Kind.declare('Rack')
    key_field = 'name'

    name: fields.Key = schema.field('Name of the rack.')
    hosts: tuple[str, ...] = schema.field(
        'Hosts that stand in it.', attribute=False, default=()
    )
"""


def _run(folder: pathlib.Path, module: str, text: str) -> str:
    """Run a program beside a package that declares kinds."""
    (folder / 'racks.py').write_text(module)
    package = folder / 'racks-1.dist-info'
    package.mkdir()
    (package / 'METADATA').write_text('Name: racks\nVersion: 1\n')
    (package / 'entry_points.txt').write_text(
        '[cdm_graph.elements]\nracks = racks\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', textwrap.dedent(text)],
        capture_output=True,
        text=True,
        check=True,
        env={'PYTHONPATH': f'{folder}:{pathlib.Path.cwd()}'},
    )
    return done.stdout


def test_a_kind_of_a_plugin_is_one_as_any_other(
    tmp_path: pathlib.Path,
) -> None:
    told = _run(
        tmp_path,
        _RACK,
        """
        from cdm_graph.model import live_model, mutation, plugins, schema
        from racks import Rack

        assert plugins.MISTAKES == []
        node = schema.ComputeNode(uuid='n', hostname='n', service_host='east')
        model = live_model.LiveModel([Rack(name='a', hosts=('east',))])
        print(model.unresolved())
        model.apply([mutation.Put(node)])
        print(dict(model.graph['n']['rack/a']), model.graph.nodes['rack/a'])
        print(model.unresolved(), model.count_relations()['IN_RACK'])
        model.apply([mutation.Put(Rack(name='a'))])
        print(model.count_relations()['IN_RACK'])
        """,
    )
    assert told.splitlines() == [
        "(('rack/a', Reference(relation='IN_RACK', kind='ComputeNode', "
        "name='east')),)",
        "{'relation': 'IN_RACK'} {'kind': 'Rack', 'name': 'a'}",
        '() 1',
        '0',
    ]


@pytest.mark.parametrize(
    ('module', 'wrong'),
    [
        ('import nothing_like_it', 'ModuleNotFoundError'),
        (
            'from cdm_graph.collector import base\n' + _RACK,
            'imports more of cdm_graph than cdm_graph.model.schema',
        ),
        (_RACK.replace("'hosts',", "'guests',", 1), 'InvalidDeclaration'),
    ],
)
def test_a_plugin_that_cannot_be_used_spoils_nothing(
    tmp_path: pathlib.Path, module: str, wrong: str
) -> None:
    told = _run(
        tmp_path,
        module,
        """
        from cdm_graph.model import live_model, plugins, schema

        print(*plugins.MISTAKES)
        print(len(live_model.LiveModel([schema.Flavor(name='a')])))
        """,
    )
    assert wrong in told
    assert "which cdm_graph.elements names as 'racks'" in told
    assert told.endswith('\n1\n')

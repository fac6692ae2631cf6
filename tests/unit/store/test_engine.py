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

"""The engine's own process, with modules that are none in ArcadeDB's place.

That it serves is shown by the functional tests.
"""

import json
import os
import pathlib
import subprocess
import sys
import typing

import pytest

_ARCADEDB: typing.Final = """
import json, os, pathlib
def _note(*said):
    with open(os.environ['NOTED'], 'a') as noted:
        noted.write(json.dumps(said) + '\\n')
class _Security:
    def saveGroup(self, *said): _note('group', *said)
    def createUser(self, user): _note('user', user)
    def encodePassword(self, password): return 'encoded ' + password
class _Java:
    def getSecurity(self): return _Security()
class _Server:
    _java_server = _Java()
    def start(self):
        print('noise of the engine')
        _note('start', os.getcwd(), sorted(
            path.name for path in pathlib.Path('config').iterdir()))
    def stop(self): _note('stop')
    def create_database(self, name): _note('database', name)
def create_server(directory, root_password, config):
    _note('server', directory, root_password, config)
    return _Server()
"""
_JVM: typing.Final = """
import arcadedb_embedded
def start_jvm(heap_size, jvm_args):
    arcadedb_embedded._note('jvm', heap_size, jvm_args)
"""
_JPYPE: typing.Final = """
import json
def JClass(_name):
    return json.loads
"""


@pytest.fixture
def engine(
    tmp_path: pathlib.Path,
) -> typing.Any:
    package = tmp_path / 'stand-ins' / 'arcadedb_embedded'
    package.mkdir(parents=True)
    (package / '__init__.py').write_text(_ARCADEDB)
    (package / 'jvm.py').write_text(_JVM)
    (package.parent / 'jpype.py').write_text(_JPYPE)
    config = tmp_path / 'data' / 'config'
    config.mkdir(parents=True)
    for name in ('server-users.jsonl', 'server-groups.json', 'other'):
        (config / name).touch()
    root = pathlib.Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, '-m', 'cdm_graph.store.engine'],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={
            **os.environ,
            'PYTHONPATH': str(package.parent),
            'NOTED': str(tmp_path / 'noted'),
        },
    ) as process:
        yield process
        process.kill()


def test_it_serves_until_its_input_ends(
    engine: subprocess.Popen[str], tmp_path: pathlib.Path
) -> None:
    told = {
        'directory': str(tmp_path / 'data'),
        'memory': '512m',
        'query_timeout': 2.5,
        'bolt_port': 7,
        'http_port': 8,
        'password': 'strong',
        'reader_password': 'other',
        'temporary': False,
    }
    output, errors = engine.communicate(json.dumps(told) + '\n', timeout=30)
    assert engine.returncode == 0, errors
    # What the engine prints is no answer.
    assert json.loads(output) == {'pid': engine.pid}
    assert 'noise of the engine' in errors
    noted = {
        said[0]: said[1:]
        for said in map(
            json.loads, (tmp_path / 'noted').read_text().splitlines()
        )
    }
    assert noted['jvm'][0] == '512m'
    assert '-Darcadedb.command.timeout=2500' in noted['jvm'][1]
    directory, password, config = noted['server']
    assert (directory, password) == (told['directory'], 'strong')
    assert config['host'] == '127.0.0.1'
    assert (config['bolt_port'], config['http_port']) == (7, 8)
    # The passwords are those of this start.
    assert noted['start'] == [told['directory'], ['other']]
    assert noted['database'] == ['cdm']
    database, name, group = noted['group']
    assert (database, name) == ('*', 'readers')
    assert group['types'] == {'*': {'access': ['readRecord']}}
    assert group['access'] == []
    [user] = noted['user']
    assert user == {
        'name': 'reader',
        'password': 'encoded other',
        'databases': {'cdm': ['readers']},
    }
    assert 'stop' in noted

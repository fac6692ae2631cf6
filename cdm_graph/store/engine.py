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

"""The process of the embedded engine: ``python -m cdm_graph.store.engine``.

It is ArcadeDB, which serves Bolt on loopback.  It is a process of its own,
since a Java machine would share the signals, forks and crashes of the daemon.
It is told what to do by one line of JSON on its standard input, and ends when
that is closed, which is when its parent ends, whatever ended that.  Once it
serves it says so with one line of JSON on its standard output.

Two users exist as long as it runs: one that may do all, for the mirror, and
one that may read, for what users ask: ArcadeDB does not refuse to write in a
session that only reads.
"""

import contextlib
import json
import os
import pathlib
import shutil
import sys
import threading
import traceback
import typing

#: The users, and the database.
WRITER: typing.Final = 'root'
READER: typing.Final = 'reader'
DATABASE: typing.Final = 'cdm'
#: Seconds that it may take to stop.
_STOPPING: typing.Final = 10.0
_READERS: typing.Final = 'readers'


def main() -> None:
    """Serve until the standard input is closed."""
    try:
        _serve()
    except BaseException:
        # The threads of the Java machine would keep the process, such as
        # where the parent ended while this started.
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _serve() -> None:
    # What the engine itself prints is for its log.
    answers = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)
    told = json.loads(sys.stdin.readline())
    server = _start(told)
    answers.write(json.dumps({'pid': os.getpid()}) + '\n')
    answers.flush()
    sys.stdin.read()
    threading.Timer(_STOPPING, _end, (told, 1)).start()
    server.stop()
    _end(told, 0)


def _end(told: dict[str, typing.Any], code: int) -> None:
    """End at once; what is temporary goes, also where the parent died."""
    if told['temporary']:
        shutil.rmtree(told['directory'], ignore_errors=True)
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


def _start(told: dict[str, typing.Any]) -> typing.Any:
    import arcadedb_embedded
    import arcadedb_embedded.jvm

    directory = pathlib.Path(told['directory'])
    # Where the engine writes its own log.
    os.chdir(directory)
    _forget_users(directory)
    # Settings of databases are taken from these only.
    settings = {
        'command.timeout': int(told['query_timeout'] * 1000),
        'opencypher.loadCsv.allowFileUrls': 'false',
    }
    arcadedb_embedded.jvm.start_jvm(
        heap_size=told['memory'],
        jvm_args=[
            f'-Darcadedb.{name}={value}' for name, value in settings.items()
        ],
    )
    server = arcadedb_embedded.create_server(
        str(directory),
        root_password=told['password'],
        config={
            'host': '127.0.0.1',
            'http_port': told['http_port'],
            'server_plugins': ('Bolt:com.arcadedb.bolt.BoltProtocolPlugin'),
            'bolt_port': told['bolt_port'],
        },
    )
    server.start()
    server.create_database(DATABASE)
    _let_read(server, told['reader_password'])
    return server


def _forget_users(directory: pathlib.Path) -> None:
    """Have the users made anew: their passwords are those of this run."""
    config = directory / 'config'
    for name in ('server-users.jsonl', 'server-groups.json'):
        (config / name).unlink(missing_ok=True)


def _let_read(server: typing.Any, password: str) -> None:
    """Make a user who may read, and nothing else."""
    import jpype

    json_object = jpype.JClass('com.arcadedb.serializer.json.JSONObject')
    security = server._java_server.getSecurity()
    group = {
        'resultSetLimit': -1,
        'readTimeout': -1,
        'access': [],
        'types': {'*': {'access': ['readRecord']}},
    }
    security.saveGroup('*', _READERS, json_object(json.dumps(group)))
    user = {
        'name': READER,
        'password': str(security.encodePassword(password)),
        'databases': {DATABASE: [_READERS]},
    }
    security.createUser(json_object(json.dumps(user)))


if __name__ == '__main__':
    main()

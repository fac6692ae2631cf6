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

"""``tox -e bench -- NAME``: what things cost, beside what peers take.

One figure a line: the benchmark, the metric, the value, the unit.  Times are
of the CPU unless the metric says that they are of the wall.  The interpreter
is tuned as the daemon tunes it, for the peers as well: no full collection of
garbage comes in between.
"""

import argparse
import collections.abc
import logging
import sys
import threading
import typing

from cdm_graph import interpreter
from tests.benchmark import cypher
from tests.benchmark import figures
from tests.benchmark import graphml
from tests.benchmark import ingest
from tests.benchmark import memory
from tests.benchmark import mirror
from tests.benchmark import snapshot
from tests.benchmark import sync
from tests.benchmark import web

_Benchmark = collections.abc.Callable[[figures.Figures, int, int], None]
_NEVER: typing.Final = threading.TIMEOUT_MAX
_BENCHMARKS: typing.Final[dict[str, _Benchmark]] = {
    'snapshot': snapshot.run,
    'memory': memory.run,
    'graphml': graphml.run,
    'ingest': ingest.run,
    'sync': sync.run,
    'mirror': mirror.run,
    'cypher': cypher.run,
    'web': web.run,
}


def main() -> int:
    parser = argparse.ArgumentParser('tox -e bench --', description=__doc__)
    parser.add_argument('name', choices=_BENCHMARKS, metavar='NAME')
    parser.add_argument('--hosts', type=int, default=1000)
    parser.add_argument('--instances', type=int, default=100_000)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    shown = figures.Figures(options.name)
    shown.show('hosts', options.hosts, '')
    shown.show('instances', options.instances, '')
    tuned = interpreter.Interpreter(lambda: 0.0, _NEVER)
    tuned.start()
    try:
        _BENCHMARKS[options.name](shown, options.hosts, options.instances)
    finally:
        tuned.stop()
    return 0


if __name__ == '__main__':
    sys.exit(main())

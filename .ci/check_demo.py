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

"""Check what ``cdm-graph demo --json`` reported.

The model has to equal the simulated cloud when the demo ends, 99 of 100
changes have to be in it within a second, something has to have happened, and
networkx has to read from the GraphML file the graph that was reported.
"""

import collections
import collections.abc
import json
import pathlib
import sys
import typing

import networkx

MOST_LAG: typing.Final = 1.0

Report = dict[str, typing.Any]


def complaints(report: Report) -> collections.abc.Iterator[str]:
    """Yield what is wrong with a report."""
    if report['differences']:
        yield f'the model has {report["differences"]} differences'
    if not report['changes'] or not report['notifications']['received']:
        yield 'nothing happened'
    lag = report['lag_p99_seconds']
    if lag is None or lag >= MOST_LAG:
        yield f'the 99th percentile of the lag is {lag} s'
    yield from _unlike(report, networkx.read_graphml(report['graphml']))


def _unlike(
    report: Report, graph: networkx.DiGraph
) -> collections.abc.Iterator[str]:
    for what, read in (
        ('nodes', graph.number_of_nodes()),
        ('edges', graph.number_of_edges()),
    ):
        if read != report[what]:
            yield f'the file has {read} {what}, not {report[what]}'
    for what, items in (
        ('elements', graph.nodes(data='kind')),
        ('relations', graph.edges(data='relation')),
    ):
        # A counter that is 0 equals one that is not there.
        counted = collections.Counter(item[-1] for item in items)
        if counted != collections.Counter(report[what]):
            yield f'the file has other {what}: {counted}, not {report[what]}'


def main(path: str) -> int:
    """Print the report and the complaints, and return the exit code."""
    report = json.loads(pathlib.Path(path).read_text())
    print(json.dumps(report, indent=2))
    found = list(complaints(report))
    for complaint in found:
        print(f'The demo failed: {complaint}.', file=sys.stderr)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))

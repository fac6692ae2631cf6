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

"""``cdm-graph query``: ask the graph database in Cypher."""

import argparse
import collections.abc
import contextlib
import typing

from cdm_graph import exceptions
from cdm_graph.cmd import base
from cdm_graph.cmd import client
from cdm_graph.cmd import results
from cdm_graph.conf import loading
from cdm_graph.model import answer
from cdm_graph.store import contract
from cdm_graph.store import inquiry as inquiries
from cdm_graph.store import stores

_DAEMON: typing.Final = 'daemon'
_EMBEDDED: typing.Final = 'embedded'
#: Seconds that the daemon may take beside what it waits for.
_PATIENCE: typing.Final = 30.0


class Source(typing.Protocol):
    """What answers queries."""

    def ask(
        self, text: str, given: contract.Values, limits: contract.Limits
    ) -> answer.Answer:
        """Return what a question or statement answers."""

    def explain(self, text: str, given: contract.Values) -> str:
        """Return the plan of a question or statement."""


class Query(base.Command):
    """Ask a curated question, or anything in Cypher that only reads.

    "cdm-graph queries" lists the questions.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        parser.add_argument(
            'text',
            metavar='QUESTION|CYPHER',
            help='Name of a curated question, or a statement.',
        )
        add_parameters(parser)
        add_source(parser)
        parser.add_argument(
            '--format',
            choices=tuple(results.FORMATS),
            default='table',
            help='Default: table. GraphML is of the nodes, relations and '
            'paths that are returned.',
        )
        parser.add_argument(
            '--explain',
            action='store_true',
            help="Show the database's plan instead of the rows.",
        )
        parser.add_argument(
            '--as-is',
            action='store_true',
            help='Do not wait until the database has all that the model has.',
        )

    def execute(self, options: argparse.Namespace) -> int:
        """Print the rows."""
        given = read_parameters(options.parameter)
        with open_source(self, options) as source:
            if options.explain:
                self.show(source.explain(options.text, given))
                return 0
            found = source.ask(options.text, given, limits_of(options))
        self.show(results.FORMATS[options.format](found))
        if found.truncated:
            self.say(
                f'There are more than these {len(found.rows)} rows: ask for '
                'less, or raise --rows and [store] query_rows.'
            )
        return 0


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Declare ``--parameter``."""
    parser.add_argument(
        '-p',
        '--parameter',
        metavar='NAME=VALUE',
        action='append',
        default=[],
        help='A parameter of the query; may be repeated. In Cypher a value '
        'is JSON, such as 3 or ["a"], or else text.',
    )


def add_source(parser: argparse.ArgumentParser) -> None:
    """Declare where the rows come from, and how many they may be."""
    base.add_socket(parser)
    parser.add_argument(
        '--store',
        metavar='STORE',
        default=_DAEMON,
        help='What to ask: the running daemon (default), or neo4j or '
        'embedded, which are then opened as [store] says.',
    )
    parser.add_argument(
        '--timeout',
        metavar='SECONDS',
        type=base.positive,
        help='How long it may take; default: [store] query_timeout.',
    )
    parser.add_argument(
        '--rows',
        metavar='NUMBER',
        type=_count,
        help='How many rows to show at most; default: [store] query_rows.',
    )


def limits_of(options: argparse.Namespace) -> contract.Limits:
    """Return what a query may take, as far as the user says."""
    most = contract.Limits(86_400.0, 10_000_000)
    return contract.Limits(
        options.timeout or most.seconds, options.rows or most.rows
    )


def read_parameters(
    several: collections.abc.Iterable[str],
) -> dict[str, typing.Any]:
    """Return parameters as they are on a command line, still as text.

    :raises cdm_graph.exceptions.ConfigurationError: if one has no name
    """
    given = {}
    for each in several:
        name, equals, value = each.partition('=')
        if not equals or not name:
            raise exceptions.ConfigurationError(
                f'--parameter {each!r} has to be NAME=VALUE.'
            )
        given[name] = value
    return given


@contextlib.contextmanager
def open_source(
    command: base.Command, options: argparse.Namespace
) -> collections.abc.Iterator[Source]:
    """Open what the user wants to ask."""
    overrides: dict[tuple[str, str], typing.Any] = dict(
        base.socket_overrides(options)
    )
    if options.timeout and options.store != _DAEMON:
        overrides['store', 'query_timeout'] = options.timeout
    if options.rows and options.store != _DAEMON:
        overrides['store', 'query_rows'] = options.rows
    conf = command.load_conf(typing.cast(loading.Overrides, overrides))
    if options.store == _DAEMON:
        current = not getattr(options, 'as_is', False)
        # The daemon may wait for the database first, for as long again.
        seconds = options.timeout or conf.store.query_timeout
        daemon = client.DaemonClient(
            conf.daemon.socket, _PATIENCE + 2 * seconds
        )
        yield _Daemon(daemon, current)
        return
    if options.store == _EMBEDDED and not conf.store.directory:
        raise exceptions.ConfigurationError(
            '--store embedded: [store] directory is not set, and there is '
            'nothing in a new engine.'
        )
    store = stores.open_store(conf, options.store)
    if store is None:
        raise exceptions.ConfigurationError('--store needs a name.')
    with contextlib.closing(store):
        yield _Store(inquiries.Inquiry(store, stores.limits_of(conf)))


class _Daemon:
    """A running daemon, which has a store."""

    def __init__(self, daemon: client.DaemonClient, current: bool) -> None:
        self._daemon = daemon
        self._current = current

    def ask(
        self, text: str, given: contract.Values, limits: contract.Limits
    ) -> answer.Answer:
        found = self._daemon.query(
            {
                'text': text,
                'parameters': inquiries.typed(text, given),
                'current': self._current,
                'seconds': limits.seconds,
                'rows': limits.rows,
            }
        )
        return answer.Answer(
            tuple(found['columns']),
            tuple(tuple(row) for row in found['rows']),
            found['truncated'],
        )

    def explain(self, text: str, given: contract.Values) -> str:
        found = self._daemon.query(
            {
                'text': text,
                'parameters': inquiries.typed(text, given),
                'explain': True,
            }
        )
        return str(found['plan'])


class _Store:
    """A store that is opened for the query."""

    def __init__(self, inquiry: inquiries.Inquiry) -> None:
        self._inquiry = inquiry

    def ask(
        self, text: str, given: contract.Values, limits: contract.Limits
    ) -> answer.Answer:
        return self._inquiry.ask(
            text, inquiries.typed(text, given), limits=limits
        )

    def explain(self, text: str, given: contract.Values) -> str:
        return self._inquiry.explain(text, inquiries.typed(text, given))


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f'{text} is no number of rows')
    return int(text)

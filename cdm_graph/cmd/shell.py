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

"""``cdm-graph shell``: an interactive console for Cypher."""

import argparse
import atexit
import collections.abc
import contextlib
import os
import pathlib
import shlex
import sys
import typing

from cdm_graph import exceptions
from cdm_graph.cmd import base
from cdm_graph.cmd import query
from cdm_graph.cmd import results
from cdm_graph.model import schema
from cdm_graph.store import questions

_PROMPT: typing.Final = 'cypher> '
_MORE: typing.Final = '   ...> '
_HISTORY: typing.Final = 'cdm-graph/history'
_HISTORY_LENGTH: typing.Final = 1000
_HELP: typing.Final = """\
A statement ends with a semicolon; a question is asked by its name:
  blast-radius host=compute-00001
:queries          the curated questions
:set NAME VALUE   a parameter of the statements that follow; alone: all
:unset NAME       takes it back
:format FORMAT    table, json, csv or graphml
:explain TEXT     the plan of a statement or question
:help             this
:quit             leave (as does Ctrl-D)"""
_KEYWORDS: typing.Final = [
    'AND',
    'AS',
    'ASC',
    'BY',
    'CALL',
    'CASE',
    'COLLECT',
    'COUNT',
    'CREATE',
    'DESC',
    'DISTINCT',
    'ELSE',
    'END',
    'EXISTS',
    'IN',
    'IS',
    'LIMIT',
    'MATCH',
    'NOT',
    'NULL',
    'OPTIONAL',
    'OR',
    'ORDER',
    'RETURN',
    'SKIP',
    'THEN',
    'UNION',
    'UNWIND',
    'WHEN',
    'WHERE',
    'WITH',
]


class Shell(base.Command):
    """Ask in Cypher, statement by statement, with history and completion."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        query.add_source(parser)

    def execute(self, options: argparse.Namespace) -> int:
        """Read and answer until there is no more."""
        if sys.stdin.isatty():
            _prepare_terminal()
            self.say('Cypher; :help tells what else there is.')
        with query.open_source(self, options) as source:
            console = Console(source, query.limits_of(options), self)
            for text in _statements():
                if not console.run(text):
                    break
        return int(console.failed and not sys.stdin.isatty())


class Console:
    """Answers one entry after the other; a mistake costs a sentence."""

    def __init__(
        self,
        source: query.Source,
        limits: typing.Any,
        command: base.Command,
    ) -> None:
        self._source = source
        self._limits = limits
        self._command = command
        self._format = 'table'
        self._given: dict[str, typing.Any] = {}
        #: Whether an entry could not be answered.
        self.failed = False

    def run(self, text: str) -> bool:
        """Answer an entry; return whether to go on."""
        try:
            if text.startswith(':'):
                return self._obey(text[1:])
            self._ask(text)
        except exceptions.CdmGraphError as error:
            self._command.say(str(error))
            self.failed = True
        except KeyboardInterrupt:
            self._command.say('Given up.')
        return True

    def _ask(self, text: str) -> None:
        statement, given = self._split(text)
        found = self._source.ask(statement, given, self._limits)
        self._command.show(results.FORMATS[self._format](found))
        more = ' (there are more)' if found.truncated else ''
        self._command.say(f'{len(found.rows)} rows{more}')

    def _split(self, text: str) -> tuple[str, dict[str, typing.Any]]:
        """Tell a question with its parameters from a statement."""
        name, _, rest = text.partition(' ')
        if name not in questions.names():
            return text, self._given
        try:
            words = shlex.split(rest)
        except ValueError as error:
            raise exceptions.QueryInvalid(f'{rest}: {error}.') from error
        return name, query.read_parameters(words)

    def _obey(self, line: str) -> bool:
        name, _, rest = line.strip().partition(' ')
        rest = rest.strip()
        match name:
            case 'quit' | 'exit':
                return False
            case 'queries':
                for each in questions.all_questions():
                    self._command.show(f'{each.name:32}{each.title}')
            case 'set':
                self._set(rest)
            case 'unset':
                self._given.pop(rest, None)
            case 'format':
                self._choose(rest)
            case 'explain':
                self._command.show(self._source.explain(*self._split(rest)))
            case 'help':
                self._command.show(_HELP)
            case _:
                self._command.say(f'There is no :{name}; :help tells more.')
        return True

    def _set(self, rest: str) -> None:
        name, _, value = rest.partition(' ')
        if name:
            self._given[name] = value.strip()
            return
        if not self._given:
            self._command.say(':set NAME VALUE sets a parameter.')
        for each, known in sorted(self._given.items()):
            self._command.show(f'{each} = {known}')

    def _choose(self, name: str) -> None:
        if name in results.FORMATS:
            self._format = name
        else:
            self._command.say(f'Formats: {", ".join(results.FORMATS)}.')


def _statements() -> collections.abc.Iterator[str]:
    """Yield what is entered, statement by statement."""
    lines: list[str] = []
    while True:
        try:
            line = _read(_MORE if lines else _PROMPT)
        except EOFError:
            break
        except KeyboardInterrupt:
            lines = []
            continue
        lines.append(line)
        text = '\n'.join(lines).strip()
        if _is_whole(text):
            lines = []
            if text:
                yield text.removesuffix(';').strip()
    rest = '\n'.join(lines).strip()
    if rest:
        yield rest


def _is_whole(text: str) -> bool:
    first = text.partition(' ')[0]
    return (
        not text
        or text.startswith(':')
        or text.endswith(';')
        or first in questions.names()
    )


def _read(prompt: str) -> str:
    if sys.stdin.isatty():
        return input(prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip('\n')


def _prepare_terminal() -> None:
    """Have history and completion, where the terminal can."""
    with contextlib.suppress(ImportError):
        import readline

        history = _history()
        with contextlib.suppress(OSError):
            history.parent.mkdir(parents=True, exist_ok=True)
            readline.read_history_file(history)
        readline.set_history_length(_HISTORY_LENGTH)
        atexit.register(_save, history)
        readline.set_completer(complete)
        readline.set_completer_delims(' \t\n()[]{},=<>|.:`')
        readline.parse_and_bind('tab: complete')


def _save(history: pathlib.Path) -> None:
    import readline

    with contextlib.suppress(OSError):
        readline.write_history_file(history)


def _history() -> pathlib.Path:
    state = os.environ.get('XDG_STATE_HOME')
    root = (
        pathlib.Path(state) if state else pathlib.Path.home() / '.local/state'
    )
    return root / _HISTORY


def complete(text: str, number: int) -> str | None:
    """Return the word of that number that begins with a text, or none."""
    lower = text.lower()
    found = [word for word in _words() if word.lower().startswith(lower)]
    return found[number] if number < len(found) else None


def _words() -> list[str]:
    attributes = {
        each.name for several in schema.ATTRIBUTES.values() for each in several
    }
    return sorted(
        {
            *_KEYWORDS,
            *questions.names(),
            *(kind.value for kind in schema.Kind),
            *(relation.value for relation in schema.Relation),
            *attributes,
        }
    )

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

"""The command line: ``cdm-graph``.

Exit codes: 0 done, 1 failed, 2 a mistake in the command or its options, 130
interrupted.
"""

import argparse
import importlib.metadata
import sys
import typing

from cliff import app
from cliff import commandmanager
from oslo_service import backend

#: The namespace of the entry points of the commands.
NAMESPACE: typing.Final = 'cdm_graph.commands'


#: What shells say of a program that ended by SIGINT.
_INTERRUPTED: typing.Final = 130


class _Commands(commandmanager.CommandManager):
    """The commands, each imported only if it is the one.

    cliff imports them all, which would take most of the time of a short one.
    """

    def load_commands(self, namespace: str) -> None:
        """Know the commands of a namespace."""
        self.group_list.append(namespace)
        for point in importlib.metadata.entry_points(group=namespace):
            self.commands[point.name] = point


class CommandLine(app.App):
    """The program."""

    def __init__(self) -> None:
        super().__init__(
            description='A live, queryable graph of an OpenStack cloud.',
            version=importlib.metadata.version('cdm-graph'),
            command_manager=_Commands(NAMESPACE),
            deferred_help=True,
        )

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, typing.Any] | None = None,
    ) -> argparse.ArgumentParser:
        """Return the parser of the options of every command."""
        parser: argparse.ArgumentParser = super().build_option_parser(
            description, version, argparse_kwargs
        )
        parser.add_argument(
            '--config-file',
            metavar='FILE',
            action='append',
            default=[],
            help='Configuration file; may be repeated. Default: '
            'cdm-graph.conf in ~/.cdm-graph, ~, /etc/cdm-graph or /etc.',
        )
        return parser

    def configure_logging(self) -> None:
        """Leave logging to oslo.log: a command sets it up by itself."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command, and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        # Before anything asks oslo.service for a service: no eventlet
        # anywhere.
        backend.init_backend(backend.BackendType.THREADING)
        # cliff would begin an interactive shell without arguments, and
        # returns none after --help.
        return CommandLine().run(arguments or ['--help']) or 0
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == '__main__':
    sys.exit(main())

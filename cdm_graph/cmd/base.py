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

"""What the commands have in common: errors, output, configuration."""

import abc
import argparse
import json
import logging
import math
import sys
import traceback
import typing

from cliff import command
from oslo_config import cfg

from cdm_graph import exceptions
from cdm_graph.conf import loading
from cdm_graph.export import values

_MISTAKE: typing.Final = 2
_FAILURE: typing.Final = 1


class Command(command.Command):
    """A command; a user's mistake costs them a sentence, no traceback."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's own options."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        self.add_arguments(parser)
        return parser

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""

    @abc.abstractmethod
    def execute(self, options: argparse.Namespace) -> int:
        """Do it, and return the exit code."""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Do it, and say in a sentence what is wrong if something is."""
        try:
            return self.execute(parsed_args)
        except exceptions.ConfigurationError as error:
            return self._fail(error, _MISTAKE)
        except exceptions.CdmGraphError as error:
            return self._fail(error, _FAILURE)
        except BrokenPipeError:
            # Whoever read the output has had enough of it.
            sys.stderr.close()
            return _FAILURE
        except KeyboardInterrupt:
            return _FAILURE

    @property
    def debug(self) -> bool:
        """Whether the user wants to see tracebacks and more of the log."""
        return bool(self._global.debug)

    @property
    def _global(self) -> argparse.Namespace:
        """The options that every command has."""
        return typing.cast(argparse.Namespace, self.app_args)

    def load_conf(
        self, overrides: loading.Overrides | None = None
    ) -> cfg.ConfigOpts:
        """Return the configuration that the user named.

        :raises cdm_graph.exceptions.ConfigurationError: if it cannot be used
        """
        return loading.load(self._global.config_file, overrides)

    def say(self, text: str = '') -> None:
        """Tell something that is not the command's result."""
        print(text, file=sys.stderr, flush=True)

    def show(self, text: str) -> None:
        """Print the command's result."""
        print(text, flush=True)

    def show_json(self, value: typing.Any) -> None:
        """Print the command's result as JSON."""
        self.show(json.dumps(values.plain(value), indent=2))

    def _fail(self, error: Exception, code: int) -> int:
        if self.debug:
            traceback.print_exc()
        self.say(f'cdm-graph: {error}')
        return code


def log_to_stderr(level: int) -> None:
    """Log to standard error, for commands that are no daemon."""
    logging.basicConfig(
        stream=sys.stderr,
        level=level,
        format='%(asctime)s %(levelname)s %(name)s %(message)s',
        # In place of what oslo.log sets up when its options are registered.
        force=True,
    )
    for name in ('apscheduler', 'keystoneauth', 'oslo', 'uvicorn', 'amqp'):
        logging.getLogger(name).setLevel(logging.WARNING)


def positive(text: str) -> float:
    """Return the positive number that an argument is.

    :raises argparse.ArgumentTypeError: if it is none
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f'{text} is no positive number')
    return number


def positive_integer(text: str) -> int:
    """Return the positive integer that an argument is.

    :raises argparse.ArgumentTypeError: if it is none
    """
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f'{text} is no positive integer')
    return int(text)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare ``--json``."""
    parser.add_argument(
        '--json', action='store_true', help='Print the result as JSON.'
    )


def add_socket(parser: argparse.ArgumentParser) -> None:
    """Declare ``--socket``."""
    parser.add_argument(
        '--socket',
        metavar='PATH',
        help='Unix socket of the daemon; default: [daemon] socket.',
    )


def add_timeout(parser: argparse.ArgumentParser, default: float) -> None:
    """Declare ``--timeout``, in seconds."""
    parser.add_argument(
        '--timeout',
        type=positive,
        default=default,
        metavar='SECONDS',
        help=f'How long to wait; default: {default:g}.',
    )


def socket_overrides(options: argparse.Namespace) -> loading.Overrides:
    """Return what ``--socket`` sets."""
    return {('daemon', 'socket'): options.socket} if options.socket else {}

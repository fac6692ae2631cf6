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

"""The command line; see the package for what it is about.

    python -m tests.devcloud                       all passes, on a new cloud
    python -m tests.devcloud --pass N              only that one
    python -m tests.devcloud up | down             only the cloud
    python -m tests.devcloud compute kill|start HOST...
    python -m tests.devcloud broker kill|start

A cloud that is up already is used by the passes, and left up.
"""

import argparse
import collections.abc
import contextlib
import fcntl
import os
import pathlib
import signal
import sys
import time
import typing

from tests.devcloud import cloud as cloud_module
from tests.devcloud import daemon
from tests.devcloud import errors
from tests.devcloud import passes
from tests.devcloud import runner
from tests.devcloud import settings

_STARTED: typing.Final = time.monotonic()

_Command = collections.abc.Callable[[argparse.Namespace], int]


def main() -> int:
    """Do as the command line says; return the exit status."""
    arguments = _parser().parse_args(namespace=_defaults())
    _keep_loopback_direct()
    # So that a termination stops what was started, as an interrupt does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status: int = arguments.command(arguments)
    except errors.DevcloudError as error:
        _say(f'error: {error}')
        return 1
    except KeyboardInterrupt:
        _say('interrupted')
        return 130
    return status


def _defaults() -> argparse.Namespace:
    return argparse.Namespace(
        command=_run,
        state=settings.DEFAULT_STATE,
        base_port=settings.Settings.base_port,
        keep=False,
        without_daemon=False,
        chosen=None,
    )


def _parser() -> argparse.ArgumentParser:
    # Options are accepted before and after the command; a default of the
    # latter would hide what was given before it.
    state = argparse.ArgumentParser(
        add_help=False, argument_default=argparse.SUPPRESS
    )
    state.add_argument(
        '--state',
        type=pathlib.Path,
        help=f'folder of the cloud (default: {settings.DEFAULT_STATE})',
    )
    port = argparse.ArgumentParser(
        add_help=False, argument_default=argparse.SUPPRESS, parents=[state]
    )
    port.add_argument(
        '--base-port',
        type=int,
        help='first of eleven loopback ports (default: '
        f'{settings.Settings.base_port})',
    )
    run = argparse.ArgumentParser(
        add_help=False, argument_default=argparse.SUPPRESS, parents=[port]
    )
    run.add_argument(
        '--keep', action='store_true', help='leave the cloud running'
    )
    run.add_argument(
        '--without-daemon',
        action='store_true',
        help='compare nothing: only do the steps',
    )
    run.add_argument(
        '--pass',
        type=int,
        action='append',
        dest='chosen',
        choices=range(1, len(passes.PASSES) + 1),
        help='do only that one; may be given again',
    )
    parser = argparse.ArgumentParser(
        prog='python -m tests.devcloud', parents=[run]
    )
    _add_commands(parser, state=state, port=port, run=run)
    return parser


def _add_commands(
    parser: argparse.ArgumentParser, **options: argparse.ArgumentParser
) -> None:
    commands = parser.add_subparsers(title='commands')

    def add(
        name: str, options_of: str, text: str, command: _Command
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(
            name, parents=[options[options_of]], help=text
        )
        one.set_defaults(command=command)
        return one

    add('run', 'run', 'do the passes (the default)', _run)
    add('up', 'port', 'start a cloud', _up)
    add('down', 'state', 'stop a cloud', _down)
    compute = add('compute', 'state', 'kill or start hosts', _compute)
    compute.add_argument('action', choices=('kill', 'start'))
    compute.add_argument('hosts', nargs='+', metavar='HOST')
    broker = add('broker', 'state', 'kill or start RabbitMQ', _broker)
    broker.add_argument('action', choices=('kill', 'start'))


def _run(arguments: argparse.Namespace) -> int:
    with _alone(arguments.state):
        cloud = _cloud(arguments)
        if cloud.running:
            _say(f'using the cloud that runs in {arguments.state}')
            result = _passes(cloud, arguments)
        else:
            result = _passes_on_new(cloud, arguments)
    for failure in result.failures:
        _print(failure)
    _print(f'{result.passed} passed, {result.failed} failed')
    return 1 if result.failed else 0


def _passes_on_new(
    cloud: cloud_module.Cloud, arguments: argparse.Namespace
) -> runner.Runner:
    with contextlib.ExitStack() as stack:
        if not arguments.keep:
            stack.callback(_stop, cloud)
        cloud.up()
        return _passes(cloud, arguments)


def _passes(
    cloud: cloud_module.Cloud, arguments: argparse.Namespace
) -> runner.Runner:
    result = runner.Runner(_print)
    for number, one in enumerate(passes.PASSES, 1):
        if number not in (arguments.chosen or (number,)):
            continue
        _say(f'pass {number}: {one}')
        passed, failed = result.passed, result.failed
        passes.run(one, cloud, result, compared=not arguments.without_daemon)
        _say(
            f'pass {number}: {result.passed - passed} passed, '
            f'{result.failed - failed} failed'
        )
    return result


def _up(arguments: argparse.Namespace) -> int:
    with _alone(arguments.state):
        cloud = _cloud(arguments)
        if cloud.running:
            _say(f'a cloud runs in {arguments.state} already')
        else:
            cloud.up()
        file = daemon.Daemon(cloud).configure()
        _say(f'beside it runs: cdm-graph --config-file {file} serve')
    return 0


def _down(arguments: argparse.Namespace) -> int:
    with _alone(arguments.state):
        _stop(_existing(arguments))
    return 0


def _compute(arguments: argparse.Namespace) -> int:
    computes = _existing(arguments).computes
    action = computes.kill if arguments.action == 'kill' else computes.start
    action(arguments.hosts)
    return 0


def _broker(arguments: argparse.Namespace) -> int:
    broker = _existing(arguments).broker
    action = broker.kill if arguments.action == 'kill' else broker.start
    action()
    return 0


def _cloud(arguments: argparse.Namespace) -> cloud_module.Cloud:
    with contextlib.suppress(errors.DevcloudError):
        existing = _existing(arguments)
        if existing.running:
            return existing
    chosen = settings.Settings(
        state=arguments.state.resolve(), base_port=arguments.base_port
    )
    return cloud_module.Cloud(chosen, _say)


def _existing(arguments: argparse.Namespace) -> cloud_module.Cloud:
    chosen = settings.Settings.load(arguments.state.resolve())
    return cloud_module.Cloud(chosen, _say)


def _stop(cloud: cloud_module.Cloud) -> None:
    for leftover in cloud.down():
        _say(f'was left over and is killed: {leftover}')
    _say('the cloud is stopped')


@contextlib.contextmanager
def _alone(state: pathlib.Path) -> collections.abc.Iterator[None]:
    """Keep a second command from doing things to the same cloud."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / 'lock').open('w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise errors.DevcloudError(
                f'another command is at work on the cloud in {state}'
            ) from error
        yield


def _keep_loopback_direct() -> None:
    """Keep a proxy, which pip may need, out of the way to the cloud."""
    for name in ('no_proxy', 'NO_PROXY'):
        hosts = [os.environ.get(name, ''), settings.ADDRESS, 'localhost']
        os.environ[name] = ','.join(filter(None, hosts))


def _say(text: str) -> None:
    _print(f'[{time.monotonic() - _STARTED:6.1f} s] {text}')


def _print(text: str) -> None:
    print(text, flush=True)


if __name__ == '__main__':
    sys.exit(main())

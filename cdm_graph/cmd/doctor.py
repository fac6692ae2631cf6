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

"""``cdm-graph doctor``: whether cloud and bus are set up for the model."""

import argparse
import collections.abc
import contextlib
import logging
import signal
import textwrap
import threading
import types
import typing

from oslo_config import cfg

from cdm_graph import exceptions
from cdm_graph.cmd import base
from cdm_graph.cmd import client
from cdm_graph.cmd import tables
from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import examination
from cdm_graph.diagnosis import finding
from cdm_graph.diagnosis import report as reports

_WRONG: typing.Final = 1
_WIDTH: typing.Final = 79
#: Event types that are listed for people.
_MOST: typing.Final = 20
#: Seconds in which a daemon has to answer that it is there.
_DAEMON_TIMEOUT: typing.Final = 3.0


class Doctor(base.Command):
    """Say what of cloud and message bus makes the model wrong or late.

    It looks at what the configured collectors read, for a while, with the
    configuration of "cdm-graph serve".  It needs no daemon, and takes no
    message from one that runs.  The exit code is 1 if something makes the
    model wrong.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        base.add_json(parser)
        base.add_socket(parser)
        parser.add_argument(
            '--seconds',
            type=base.positive,
            default=60.0,
            metavar='N',
            help='How long to watch; default: 60. What does not happen '
            'meanwhile cannot be seen to be announced.',
        )

    def execute(self, options: argparse.Namespace) -> int:
        """Watch, print what was found, and return 1 if something is wrong."""
        conf = self.load_conf(base.socket_overrides(options))
        with self._logging(), _interruptible():
            report = examination.Examination(
                conf,
                options.seconds,
                daemon=_is_daemon_there(conf),
                say=self.say,
            ).run()
        if options.json:
            self.show_json(document(report))
        else:
            self.show(describe(report))
        return _WRONG if report.verdict is finding.Severity.WRONG else 0

    @contextlib.contextmanager
    def _logging(self) -> collections.abc.Iterator[None]:
        """Log to standard error when debugging, and nothing otherwise.

        What a library would warn of is told as a finding.
        """
        root = logging.getLogger()
        before = root.level
        if self.debug:
            base.log_to_stderr(logging.DEBUG)
        else:
            root.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            root.setLevel(before)


def describe(report: reports.Report) -> str:
    """Return a report in words."""
    parts = [_in_words(each) for each in report.findings]
    if report.heard:
        parts.append(_heard(report))
    parts.append(f'verdict: {report.verdict.value}')
    return '\n\n'.join(parts)


def document(report: reports.Report) -> dict[str, typing.Any]:
    """Return a report as plain values."""
    seen = report.evidence
    return {
        'verdict': report.verdict.value,
        'seconds': seen.bus.seconds,
        'findings': [
            {
                'service': each.service,
                'name': each.name,
                'severity': each.severity.value,
                'finding': each.words,
                'set': list(each.remedy),
            }
            for each in report.findings
        ],
        'heard': [
            {
                'topic': topic,
                'format': format_.value,
                'event_type': name,
                'count': number,
            }
            for topic, format_, name, number in report.heard
        ],
        'queues': {
            name: queue
            and {'depth': queue.depth, 'consumers': queue.consumers}
            for name, queue in seen.bus.after.items()
        },
        'api': _api(seen.cloud.facts),
        'servers_changed': _count(seen.cloud.changes),
        'services': {
            each.subject.name: {
                'api': _api(each.facts),
                'changed': _count(each.changes),
            }
            for each in seen.services
        },
    }


def _api(facts: api_facts.ApiFacts | None) -> dict[str, typing.Any]:
    difference = facts.difference if facts else None
    return {
        'microversion': facts.microversion if facts else None,
        'clock_difference': difference.seconds if difference else None,
        'clock_error': difference.error if difference else None,
    }


def _count(changes: collections.abc.Sized | None) -> int | None:
    return None if changes is None else len(changes)


def _heard(report: reports.Report) -> str:
    """Return what was heard, the most frequent first."""
    rows = [
        (number, format_.value, name, topic)
        for topic, format_, name, number in sorted(
            report.heard, key=lambda row: -row[-1]
        )
    ]
    shown = tables.table(
        rows[:_MOST], ('heard', 'format', 'event type', 'topic')
    )
    more = len(rows) - _MOST
    return f'{shown}\n... and {more} more; see --json' if more > 0 else shown


def _in_words(found: finding.Finding) -> str:
    whose = f' ({found.service})' if found.service else ''
    lines = [
        f'{found.severity.value}: {found.name}{whose}',
        *_wrapped(found.words, '  '),
    ]
    # What is to be copied into a file is not broken into lines.
    lines += [f'    {line}' for line in found.remedy]
    return '\n'.join(lines)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _is_daemon_there(conf: cfg.ConfigOpts) -> bool:
    try:
        client.DaemonClient(conf.daemon.socket, _DAEMON_TIMEOUT).status()
    except exceptions.DaemonError:
        return False
    return True


@contextlib.contextmanager
def _interruptible() -> collections.abc.Iterator[None]:
    """Let SIGTERM end the watch as Ctrl-C does, so that it cleans up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt

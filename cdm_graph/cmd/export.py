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

"""``cdm-graph export``: the model as a file."""

import argparse
import collections.abc
import logging
import math
import sys
import time
import typing

from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.cmd import base
from cdm_graph.cmd import client
from cdm_graph.cmd import progress
from cdm_graph.collector import credentials
from cdm_graph.collector import loadable
from cdm_graph.collector import manager as managers
from cdm_graph.export import files
from cdm_graph.export import formats
from cdm_graph.notification import accounting

_POLL: typing.Final = 0.1
#: Lines between two looks of the progress bar.
_STEP: typing.Final = 5000


class Export(base.Command):
    """Export the model of a running daemon, or of a cloud fetched now."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        base.add_socket(parser)
        parser.add_argument(
            '--format',
            choices=tuple(formats.FORMATS),
            default='graphml',
            help='Default: graphml.',
        )
        parser.add_argument(
            '-o',
            '--output',
            metavar='FILE',
            help='File to write, compressed if it ends with .gz; default: '
            'standard output.',
        )
        parser.add_argument(
            '--once',
            action='store_true',
            help='Fetch the cloud without a daemon; credentials are those in '
            'the configuration, or the OS_* variables of an openrc file.',
        )

    def execute(self, options: argparse.Namespace) -> int:
        """Write the model."""
        conf = self.load_conf(base.socket_overrides(options))
        lines = _Lines()
        if options.once:
            chunks = _fetched(conf, options.format, self.debug, lines.begin)
        else:
            daemon = client.DaemonClient(conf.daemon.socket)
            chunks = daemon.export(options.format, lines.begin)
        if options.output:
            files.write(options.output, lines.counted(chunks))
        else:
            sys.stdout.writelines(chunks)
            sys.stdout.flush()
        return 0


class _Lines:
    """Shows how many of the lines of a document are written."""

    def __init__(self) -> None:
        self._bar = progress.ProgressBar('Exporting', 0)

    def begin(self, total: int) -> None:
        """Note how many there will be."""
        self._bar = progress.ProgressBar('Exporting', total)

    def counted(
        self, chunks: collections.abc.Iterable[str]
    ) -> collections.abc.Iterator[str]:
        """Yield a document, and show how far it is."""
        done = shown = 0
        for chunk in chunks:
            yield chunk
            done += chunk.count('\n')
            if done - shown >= _STEP:
                self._bar.show(done, f'{done} lines')
                shown = done
        if shown:
            self._bar.show(math.inf, f'{done} lines')
            self._bar.close()


def _fetched(
    conf: cfg.ConfigOpts,
    format_: str,
    debug: bool,
    begin: collections.abc.Callable[[int], object],
) -> collections.abc.Iterator[str]:
    """Fetch once, and yield the model.

    :param begin: called with about how many lines there will be
    :raises cdm_graph.exceptions.CollectorError: if it cannot be fetched
    :raises cdm_graph.exceptions.ConfigurationError: if the cloud says that
        an option is wrong
    """
    base.log_to_stderr(logging.DEBUG if debug else logging.ERROR)
    manager = managers.CollectorManager(
        conf.collector.collectors,
        loadable.Surroundings(
            conf, clocks.SystemClock(), accounting.Accounting()
        ),
    )
    for service in manager.services():
        credentials.check(conf, service)
    try:
        for collector in manager.get_collectors().values():
            while collector.last_synchronize is None:
                if error := collector.health.last_error:
                    raise exceptions.CollectorError(error)
                time.sleep(_POLL)
        model = manager.get_latest_cluster_data_model(read_only=True)
        begin(formats.count_lines(model))
        yield from formats.chunks(format_, model)
    finally:
        manager.stop()

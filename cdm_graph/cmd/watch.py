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

"""``cdm-graph watch``: the changes of a running daemon, as they come."""

import argparse
import collections.abc
import json
import time
import typing

from cdm_graph import exceptions
from cdm_graph.cmd import base
from cdm_graph.cmd import changes
from cdm_graph.cmd import client
from cdm_graph.cmd import server_events

#: Seconds between two tries to reach a daemon that is away.
_PAUSE: typing.Final = 1.0


class Watch(base.Command):
    """Show changes as they come, until it is interrupted."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        changes.add_selection(parser)
        base.add_json(parser)
        base.add_socket(parser)

    def execute(self, options: argparse.Namespace) -> int:
        """Print changes; a daemon that was there once is waited for."""
        conf = self.load_conf(base.socket_overrides(options))
        daemon = client.DaemonClient(conf.daemon.socket)
        try:
            for event in self._events(daemon, changes.selection(options)):
                self._tell(event, as_json=options.json)
        except KeyboardInterrupt:
            # That is how it is meant to end.
            self.say()
        return 0

    def _events(
        self, daemon: client.DaemonClient, wanted: list[tuple[str, str]]
    ) -> collections.abc.Iterator[server_events.Event]:
        last_id: str | None = None
        while True:
            try:
                for event in daemon.watch(wanted, last_id):
                    last_id = event.id or last_id
                    yield event
            except exceptions.DaemonUnreachable:
                if last_id is None:
                    raise
            self.say('The daemon is away; waiting for it.')
            time.sleep(_PAUSE)

    def _tell(self, event: server_events.Event, *, as_json: bool) -> None:
        match event.name:
            case 'change' if as_json:
                self.show(json.dumps(event.data))
            case 'change':
                self.show(changes.line(event.data))
            case 'gap':
                self.say(f'Something was missed: {event.data["reason"]}')

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

"""``cdm-graph status``: how fresh the daemon's model is."""

import argparse
import time
import typing

from cdm_graph.cmd import base
from cdm_graph.cmd import client
from cdm_graph.cmd import tables


class Status(base.Command):
    """Show freshness, counters and sizes of a running daemon."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        base.add_json(parser)
        base.add_socket(parser)

    def execute(self, options: argparse.Namespace) -> int:
        """Print the status."""
        conf = self.load_conf(base.socket_overrides(options))
        status = client.DaemonClient(conf.daemon.socket).status()
        if options.json:
            self.show_json(status)
        else:
            self.show(describe(status))
        return 0


def describe(status: dict[str, typing.Any]) -> str:
    """Return a status in words."""
    parts = [
        tables.table(
            [
                ('state', status['state']),
                ('uptime', tables.seconds(status['uptime'])),
                ('bus', _bus(status['bus'])),
                ('notifications', _notifications(status['notifications'])),
                ('lag p50, p99', _lag(status['notifications']['lag'])),
            ]
        )
    ]
    for name, collector in status['collectors'].items():
        parts.append(f'\ncollector {name}')
        parts.append(tables.table(_collector_rows(collector)))
        parts.append('')
        parts.append(tables.table(_sizes(collector), ('what', 'number')))
    if status.get('store'):
        parts.append('\nstore')
        parts.append(tables.table(_store_rows(status['store'])))
    if status.get('history'):
        parts.append('\nhistory')
        parts.append(tables.table(_history_rows(status['history'])))
    return '\n'.join(parts)


def _bus(bus: dict[str, typing.Any]) -> str:
    if not bus['configured']:
        return 'not configured'
    alive = bus.get('alive')
    if alive is None:
        return 'unknown' if 'alive' not in bus else 'connecting'
    word = 'delivers' if alive else 'AWAY'
    return f'{word}, {bus["interruptions"]} interruptions'


def _notifications(counters: dict[str, typing.Any]) -> str:
    outcomes = ', '.join(
        f'{count} {outcome}'
        for outcome, count in counters['outcomes'].items()
        if count
    )
    return f'{counters["received"]} received: {outcomes or "none"}'


def _lag(lag: dict[str, typing.Any]) -> str:
    if not lag['count']:
        return '-'
    return f'{tables.seconds(lag["p50"])}, {tables.seconds(lag["p99"])}'


def _collector_rows(
    collector: dict[str, typing.Any],
) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ('state', collector['state']),
        ('sequence', collector['sequence']),
        ('age', tables.seconds(collector['age'])),
        ('last complete synchronize', _synchronized(collector)),
        ('to be read', collector['dirty']),
    ]
    if collector['listing_since'] is not None:
        rows.append(('synchronizes since', _ago(collector['listing_since'])))
    if collector.get('microversion'):
        rows.append(('microversion', collector['microversion']))
    rows.extend(('partial', reason) for reason in collector['partial'])
    report = collector['last_synchronize']
    if report is not None:
        rows.append(('its drift', _drift(report['drift'])))
        rows.append(('it took', tables.seconds(report['seconds'])))
    poll = collector['last_poll']
    if poll is not None:
        rows.append(('drift of the last poll', _drift(poll['drift'])))
    for what, health in (
        ('synchronizes', collector['health']),
        ('polls', collector['poll_health']),
    ):
        if health['failures']:
            rows.append((f'{what} failed in a row', health['failures']))
            rows.append(('last error', health['last_error']))
    return rows


def _store_rows(
    store: dict[str, typing.Any],
) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ('database', store['address']),
        ('state', store['state']),
        ('changes behind', store['behind']),
        ('lag', tables.seconds(store['lag'])),
        ('elements to be written', store['backlog']),
        ('last compared', _ago(store['reconciled_at'])),
    ]
    if store['drift'] is not None:
        rows.append(('drift found then', store['drift']))
    if store['refused']:
        rows.append(
            (
                'cannot be held',
                f'{store["refused"]}: {", ".join(store["refused_names"])}',
            )
        )
    return rows + _last_error(store)


def _history_rows(
    history: dict[str, typing.Any],
) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ('file', history['file']),
        ('state', history['state']),
        ('changes in it', history['changes']),
        ('changes behind', history['behind']),
        ('known since', _ago(history['began_at'])),
    ]
    if history['missed']:
        rows.append(('changes that are missing', history['missed']))
    return rows + _last_error(history)


def _last_error(part: dict[str, typing.Any]) -> list[tuple[str, object]]:
    if not part['last_error']:
        return []
    return [
        ('last error', f'{_ago(part["last_error_at"])}: {part["last_error"]}')
    ]


def _drift(drift: dict[str, int]) -> str:
    return ', '.join(f'{count} {what}' for what, count in drift.items()) or (
        'none'
    )


def _synchronized(collector: dict[str, typing.Any]) -> str:
    recalled_at = collector.get('recalled_at')
    if collector['synchronized_at'] is None and recalled_at is not None:
        return f'{_ago(recalled_at)}, before the restart'
    return _ago(collector['synchronized_at'])


def _ago(moment: float | None) -> str:
    if moment is None:
        return 'never'
    return f'{tables.seconds(max(0.0, time.time() - moment))} ago'


def _sizes(
    collector: dict[str, typing.Any],
) -> list[tuple[str, object]]:
    return [
        (name, count)
        for counts in (collector['elements'], collector['relations'])
        for name, count in counts.items()
    ]

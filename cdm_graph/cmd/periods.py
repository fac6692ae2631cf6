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


"""Times on the command line: from when until when, and what is not known."""

import argparse
import re
import time
import typing

from cdm_graph import moments
from cdm_graph.export import values

#: Seconds of the units of a duration.
_UNITS: typing.Final = {'s': 1, 'm': 60, 'h': 3600, 'd': 86_400, 'w': 604_800}
_DURATION: typing.Final = re.compile(r'([0-9]+(?:\.[0-9]+)?)([smhdw])')
_WHY: typing.Final = {
    'away': 'What happened {when} is not known: no daemon ran, or it had no '
    'model yet.',
    'summed up': 'What happened {when} is told as one change of each element: '
    'no daemon ran.',
    'behind': 'What happened {when} is not known: it was more than could be '
    'recorded.',
}


def add_period(parser: argparse.ArgumentParser) -> None:
    """Declare ``--since`` and ``--until``."""
    parser.add_argument(
        '--since',
        type=_moment,
        metavar='WHEN',
        help='After a moment, such as 2026-01-31T12:00:00Z (UTC if it names '
        'no zone), or so long ago, such as 90s, 30m, 2h, 7d or 1w.',
    )
    parser.add_argument(
        '--until',
        type=_moment,
        metavar='WHEN',
        help='Up to a moment, as --since has it. Default: now.',
    )


def period(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Return what the options tell, as the daemon takes it."""
    return [
        (name, str(moment))
        for name in ('since', 'until')
        if (moment := getattr(options, name)) is not None
    ]


def gap(told: dict[str, typing.Any]) -> str:
    """Return in words what is not known."""
    when = f'from {told["since"]} on'
    if told['until'] is not None:
        when = f'from {told["since"]} to {told["until"]}'
    return _WHY[told['reason']].format(when=when)


def began(seconds: float) -> str:
    """Return since when something is known, in words."""
    return f'since {values.instant(seconds)}'


def _moment(text: str) -> float:
    """Return a moment that has passed, in seconds since the epoch.

    :raises argparse.ArgumentTypeError: if it is none
    """
    now = time.time()
    duration = _DURATION.fullmatch(text)
    try:
        if duration:
            number, unit = duration.groups()
            return max(0.0, now - float(number) * _UNITS[unit])
        found = moments.read(text)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(
            f'{text} is no moment, such as 2026-01-31T12:00:00Z, and no '
            'duration, such as 2h'
        ) from error
    if found > now:
        raise argparse.ArgumentTypeError(
            f'{text} is still to come; without a zone it is UTC'
        )
    return found

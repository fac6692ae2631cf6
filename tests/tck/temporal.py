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

"""Dates, times and durations as Cypher writes them.

What is not told is zero: ``12:00`` has no seconds, ``PT0S`` is no time.
"""

import datetime
import typing

from neo4j import time

_NANOSECONDS: typing.Final = 10**9

Temporal = time.Date | time.Time | time.DateTime | time.Duration


def text(value: Temporal) -> str:
    """Return the text of a value."""
    match value:
        case time.DateTime():
            return f'{_date(value)}T{_clock(value)}{_zone(value)}'
        case time.Date():
            return _date(value)
        case time.Time():
            return f'{_clock(value)}{_zone(value)}'
    return _duration(value)


def _date(value: time.Date | time.DateTime) -> str:
    return f'{value.year:04}-{value.month:02}-{value.day:02}'


def _clock(value: time.Time | time.DateTime) -> str:
    found = f'{value.hour:02}:{value.minute:02}'
    second = int(value.second)
    if second or value.nanosecond:
        found += f':{second:02}{_fraction(value.nanosecond)}'
    return found


def _fraction(nanoseconds: int) -> str:
    return f'.{nanoseconds:09}'.rstrip('0').rstrip('.')


def _zone(value: time.Time | time.DateTime) -> str:
    if value.tzinfo is None:
        return ''
    name = getattr(value.tzinfo, 'zone', None) or getattr(
        value.tzinfo, 'key', None
    )
    # The driver itself cuts an offset's seconds off.
    offset = _offset(value.utcoffset() or datetime.timedelta())
    return offset if name in (None, 'UTC') else f'{offset}[{name}]'


def _offset(offset: datetime.timedelta) -> str:
    if not offset:
        return 'Z'
    hour, minute = divmod(abs(offset) // datetime.timedelta(minutes=1), 60)
    sign = '-' if offset < datetime.timedelta() else '+'
    return f'{sign}{hour:02}:{minute:02}'


def _duration(value: time.Duration) -> str:
    years, months = _split(value.months, 12)
    nanoseconds = value.seconds * _NANOSECONDS + value.nanoseconds
    minutes, nanoseconds = _split(nanoseconds, 60 * _NANOSECONDS)
    hours, minutes = _split(minutes, 60)
    date = _parts((years, 'Y'), (months, 'M'), (value.days, 'D'))
    clock = _parts((hours, 'H'), (minutes, 'M')) + _seconds(nanoseconds)
    if clock:
        return f'P{date}T{clock}'
    return f'P{date}' if date else 'PT0S'


def _split(number: int, size: int) -> tuple[int, int]:
    """Divide; both parts have the number's sign."""
    whole, rest = divmod(abs(number), size)
    return (-whole, -rest) if number < 0 else (whole, rest)


def _parts(*parts: tuple[int, str]) -> str:
    return ''.join(f'{number}{unit}' for number, unit in parts if number)


def _seconds(nanoseconds: int) -> str:
    if not nanoseconds:
        return ''
    whole, rest = divmod(abs(nanoseconds), _NANOSECONDS)
    sign = '-' if nanoseconds < 0 else ''
    return f'{sign}{whole}{_fraction(rest)}S'

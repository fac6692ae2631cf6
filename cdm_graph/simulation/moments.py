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

"""The ways in which Nova, Cinder and Keystone write a time.

The same few times are written again and again, in each message about a
server and each row of it: they are kept as text.
"""

import datetime
import functools
import typing

_KEPT: typing.Final = 65_536


def _at(seconds: float) -> datetime.datetime:
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return at.replace(tzinfo=None)


@functools.lru_cache(maxsize=_KEPT)
def zulu(seconds: int | None) -> str | None:
    """Return a time as versioned payloads and most of the API have it."""
    return None if seconds is None else f'{_at(seconds).isoformat()}Z'


@functools.lru_cache(maxsize=_KEPT)
def precise(seconds: int | None) -> str | None:
    """Return a time as the API's extensions have it."""
    if seconds is None:
        return None
    return _at(seconds).isoformat(timespec='microseconds')


def blank(seconds: int | None) -> str:
    """Return a time as legacy payloads have most: empty for none."""
    return precise(seconds) or ''


@functools.lru_cache(maxsize=_KEPT)
def spaced(seconds: int) -> str:
    """Return a time as legacy payloads have some."""
    return _at(seconds).isoformat(' ')


def envelope(seconds: float) -> str:
    """Return a time as the envelope of a message has it."""
    return _at(seconds).isoformat(' ', timespec='microseconds')


def measured(seconds: float) -> str:
    """Return a time that is no column of a database: it has a fraction."""
    return _at(seconds).isoformat(timespec='microseconds')


def token(seconds: float) -> str:
    """Return a time as Keystone's tokens have it."""
    return f'{_at(seconds).isoformat(timespec="microseconds")}Z'


@functools.lru_cache(maxsize=_KEPT)
def month_of(seconds: int) -> int:
    """Return when the month of a time began: the period of an audit."""
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return int(at.replace(day=1, hour=0, minute=0, second=0).timestamp())

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


"""Moments, as people and programs write them."""

import datetime
import typing

#: The last second of the year 9999, behind which no calendar goes.
_LAST: typing.Final = 253_402_300_799.0


def read(text: str) -> float:
    """Return a moment in seconds since the epoch.

    :param text: in ISO 8601 or RFC 3339, in UTC where it names no zone; or
        the seconds
    :raises ValueError: if it is no moment
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = _of_calendar(text)
    if not 0 <= seconds <= _LAST:
        raise ValueError(f'{text} is out of range')
    return seconds


def _of_calendar(text: str) -> float:
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()

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

"""The attributes of a model as the plain values that files can hold."""

import datetime
import json
import math
import typing

from cdm_graph.model import root


def moment(value: datetime.datetime) -> str:
    """Return a moment in ISO 8601, in UTC and to the second."""
    if value.tzinfo is not datetime.UTC:
        value = value.astimezone(datetime.UTC)
    # Behind the seconds are microseconds and the offset.
    return f'{value.isoformat()[:19]}Z'


def plain(value: typing.Any) -> typing.Any:
    """Return a value as JSON has it: moments become ISO 8601 in UTC.

    What is no number, or an infinite one, becomes text.
    """
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case datetime.datetime():
            return moment(value)
        case dict():
            return {str(name): plain(each) for name, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def scalar(value: typing.Any) -> str | int | float | bool | None:
    """Return a value without structure: that becomes JSON in a string."""
    value = plain(value)
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return typing.cast(str | int | float | bool | None, value)


def about(model: root.ModelRoot) -> dict[str, typing.Any]:
    """Return what is said of a model as a whole: how fresh it is."""
    shown = model.freshness
    return {
        'sequence': shown.sequence,
        'readiness': shown.readiness.value,
        'taken_at': instant(shown.taken_at),
        'synchronized_at': instant(shown.synchronized_at),
        'partial': list(shown.partial),
    }


def instant(seconds: float | None) -> str | None:
    """Return seconds since the epoch in ISO 8601, in UTC, to milliseconds."""
    if seconds is None:
        return None
    moment = datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
    return moment.isoformat(timespec='milliseconds').replace('+00:00', 'Z')

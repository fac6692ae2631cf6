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

"""Reading server-sent events from a stream, as the standard of HTML has them.

No more than what the daemon sends: an id, a name and data of one line.
"""

import collections.abc
import json
import typing


class Event(typing.NamedTuple):
    """One event.

    :param id: what to give back to go on after it
    :param name: what it is; empty where only the id moved
    :param data: what it says, of JSON
    """

    id: str
    name: str
    data: typing.Any


def read(
    lines: collections.abc.Iterable[bytes],
) -> collections.abc.Iterator[Event]:
    """Yield the events of a stream of lines."""
    told: dict[str, str] = {}
    for line in lines:
        text = line.decode().rstrip('\r\n')
        if text:
            name, _, value = text.partition(':')
            told[name] = value.removeprefix(' ')
        elif told:
            yield Event(
                told.get('id', ''),
                told.get('event', ''),
                json.loads(told.get('data', 'null')),
            )
            told = {}

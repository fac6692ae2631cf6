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


"""Whether what a command printed looks like what a document shows.

What is shown was printed elsewhere, at another time: names and numbers are
others.  What has to agree is what they are called, and their order.
"""

import json
import re
import typing

#: Where the demo's values begin.
_VALUES: typing.Final = 26
_HEADING: typing.Final = re.compile(
    r'^(?:wrong|stale|advice|unknown|ok): |^verdict: ', re.MULTILINE
)


def check(command: str, shown: str, printed: str) -> None:
    """Compare what a command prints with what is shown below it."""
    if ' doctor' in command:
        _check_doctor(shown, printed)
    elif '/ready' in command:
        _check_fields(shown, printed)
    else:
        raise AssertionError(f'Nobody knows what {command} prints.')


def check_demo(shown: str, printed: str) -> None:
    """Compare what the demo prints: its rows, or the table below them."""
    if 'differences' in shown:
        assert _labels(shown) == _labels(printed.partition('\n\n')[0])
        return
    header, row = shown.splitlines()
    columns = header.removesuffix('...').split()
    table = printed.partition('\n\n')[2].splitlines()
    assert table[0].split()[: len(columns)] == columns, table
    assert len(row.removesuffix('...').split()) == len(columns), row


def _labels(text: str) -> list[str]:
    lines = text.strip().splitlines()
    return [line[:_VALUES].strip() for line in lines]


def _check_doctor(shown: str, printed: str) -> None:
    for text in (shown, printed):
        assert _HEADING.match(text), text
        last = text.strip().splitlines()[-1]
        assert re.fullmatch(r'verdict: (wrong|stale|advice|ok)', last), text


def _check_fields(shown: str, printed: str) -> None:
    """Compare the fields of JSON, which may be broken over lines."""
    one, other = json.loads(shown.replace('\n', ' ')), json.loads(printed)
    assert one.keys() == other.keys()
    assert one['collectors'].keys() == other['collectors'].keys()
    for name, fields in one['collectors'].items():
        assert fields.keys() == other['collectors'][name].keys()

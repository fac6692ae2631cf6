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

"""Memory and CPU of processes, as Linux tells."""

import contextlib
import os
import pathlib
import typing

_TICKS: typing.Final = os.sysconf('SC_CLK_TCK')
_PAGE: typing.Final = os.sysconf('SC_PAGE_SIZE')
_MIB: typing.Final = 1 << 20
#: Of the fields behind the name in parentheses.
_USER: typing.Final = 11
_SYSTEM: typing.Final = 12


def resident(pid: int) -> float:
    """Return the resident memory of a process, in MiB."""
    pages = pathlib.Path(f'/proc/{pid}/statm').read_text().split()[1]
    return int(pages) * _PAGE / _MIB


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used; 0 if it is gone."""
    try:
        text = pathlib.Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return 0.0
    fields = text.rpartition(')')[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS


def name(pid: int) -> str:
    """Return the name of a process; empty if it is gone."""
    try:
        return pathlib.Path(f'/proc/{pid}/comm').read_text().strip()
    except OSError:
        return ''


def descendants(pid: int) -> list[int]:
    """Return the children of a process, theirs, and so on."""
    found = []
    for thread in pathlib.Path('/proc').glob(f'{pid}/task/*/children'):
        with contextlib.suppress(OSError):
            for child in map(int, thread.read_text().split()):
                found += [child, *descendants(child)]
    return found


def load() -> float:
    """Return how many processes the machine had to run in the last minute."""
    return os.getloadavg()[0]

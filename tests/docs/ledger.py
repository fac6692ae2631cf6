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


"""How every block was treated: a table, so that nobody can overlook one."""

import collections
import typing

#: What is said of a block that does here what it does for a reader.
EXECUTED: typing.Final = 'executed'
FAILED: typing.Final = 'FAILED'


def executed(how: str) -> str:
    """Return what is said of a block that runs, but not quite as it stands."""
    return f'{EXECUTED}, {how}'


def checked(how: str) -> str:
    """Return what is said of a block that cannot run here."""
    return f'checked: {how}'


class Row(typing.NamedTuple):
    """A block, and how it was treated."""

    place: str
    language: str
    treatments: tuple[str, ...]

    @property
    def sort(self) -> str:
        """What it counts as: the worst of its treatments."""
        if FAILED in self.treatments:
            return 'failed'
        executed = [each.startswith(EXECUTED) for each in self.treatments]
        if all(executed):
            return 'executed'
        return 'executed in part' if any(executed) else 'checked'


class Ledger:
    """Takes in rows, and shows them."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def note(
        self, place: str, language: str, treatments: typing.Iterable[str]
    ) -> None:
        """Note how a block was treated; the same is said once."""
        self._rows.append(
            Row(place, language, tuple(dict.fromkeys(treatments)))
        )

    def lines(self) -> list[str]:
        """Return the table, and how many blocks there are of each sort."""
        counts = collections.Counter(row.sort for row in self._rows)
        total = ', '.join(f'{n} {what}' for what, n in sorted(counts.items()))
        return [*map(_line, self._rows), f'{len(self._rows)} blocks: {total}']


def _line(row: Row) -> str:
    told = '; '.join(row.treatments)
    return f'{row.place:<44} {row.language:<14} {told}'

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

"""Tables for people to read."""

import collections.abc


def table(
    rows: collections.abc.Iterable[collections.abc.Sequence[object]],
    header: collections.abc.Sequence[str] = (),
) -> str:
    """Return rows in aligned columns; numbers are set to the right."""
    cells = [[_text(cell) for cell in row] for row in rows]
    if header:
        cells.insert(0, list(header))
    if not cells:
        return ''
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return '\n'.join(
        '  '.join(
            cell.rjust(width) if _is_number(cell) else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cells
    )


def seconds(value: float | None) -> str:
    """Return a duration in words."""
    if value is None:
        return 'never'
    if value < 1:
        return f'{value * 1000:.1f} ms'
    if value < 120:
        return f'{value:.1f} s'
    return f'{value / 60:.0f} min'


def _text(cell: object) -> str:
    if cell is None:
        return '-'
    if isinstance(cell, bool):
        return 'yes' if cell else 'no'
    if isinstance(cell, float):
        return f'{cell:.3f}'
    return str(cell)


def _is_number(cell: str) -> bool:
    return cell.replace('.', '', 1).replace('-', '', 1).isdecimal()

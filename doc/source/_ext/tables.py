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

"""List-tables, as lines of reStructuredText."""

import collections.abc

Row = collections.abc.Sequence[str]


def list_table(
    header: Row, widths: collections.abc.Sequence[int], rows: list[Row]
) -> str:
    """Return a list-table with a header row."""
    lines = [
        '.. list-table::',
        '   :header-rows: 1',
        f'   :widths: {" ".join(str(width) for width in widths)}',
        '',
    ]
    for row in [header, *rows]:
        bullet = '*'
        for cell in row:
            lines.append(f'   {bullet} - {cell}'.rstrip())
            bullet = ' '
    return '\n'.join([*lines, ''])

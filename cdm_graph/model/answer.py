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

"""What a query returned."""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """Rows of plain values, in the order in which they came.

    :param truncated: whether there would have been more rows
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[typing.Any, ...], ...]
    truncated: bool = False

    def dicts(self) -> list[dict[str, typing.Any]]:
        """Return the rows as dicts by columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def to_pandas(self) -> typing.Any:
        """Return the rows as a ``pandas.DataFrame``.

        :raises ImportError: if pandas is not installed
        """
        import pandas

        return pandas.DataFrame.from_records(
            list(self.rows), columns=list(self.columns)
        )

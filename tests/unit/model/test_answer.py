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

import sys
import typing

import pytest

from cdm_graph.model import answer

_FOUND: typing.Final = answer.Answer(('a', 'b'), ((1, 'x'), (2, None)))


def test_rows_are_dicts_by_columns() -> None:
    assert _FOUND.dicts() == [{'a': 1, 'b': 'x'}, {'a': 2, 'b': None}]
    assert answer.Answer((), ()).dicts() == []
    assert not _FOUND.truncated


def test_a_row_of_another_width_is_an_error() -> None:
    with pytest.raises(ValueError, match='shorter'):
        answer.Answer(('a', 'b'), ((1,),)).dicts()


def test_rows_are_a_frame_where_pandas_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class _Frame:
        @staticmethod
        def from_records(rows: object, columns: object) -> object:
            return rows, columns

    class _Pandas:
        DataFrame = _Frame

    monkeypatch.setitem(sys.modules, 'pandas', _Pandas)
    assert _FOUND.to_pandas() == ([(1, 'x'), (2, None)], ['a', 'b'])
    monkeypatch.setitem(sys.modules, 'pandas', None)
    with pytest.raises(ImportError):
        _FOUND.to_pandas()

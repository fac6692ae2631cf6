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

"""Tables for people."""

import pytest

from cdm_graph.cmd import tables


def test_words_are_set_to_the_left_and_numbers_to_the_right() -> None:
    assert tables.table(
        [('Instance', 40), ('Flavor', 7), ('share', 0.5), ('none', None)],
        ('what', 'number'),
    ).splitlines() == [
        'what      number',
        'Instance      40',
        'Flavor         7',
        'share      0.500',
        'none      -',
    ]


def test_a_row_has_no_blanks_at_its_end() -> None:
    text = tables.table([('a', 'long one'), ('b', 'x'), ('c', True)])
    assert text.splitlines() == ['a  long one', 'b  x', 'c  yes']


def test_no_rows_make_no_table() -> None:
    assert tables.table([]) == ''
    assert tables.table([], ('what', 'number')) == 'what  number'


@pytest.mark.parametrize(
    ('value', 'words'),
    [
        (None, 'never'),
        (0.0, '0.0 ms'),
        (0.0314, '31.4 ms'),
        (1, '1.0 s'),
        (119.0, '119.0 s'),
        (120, '2 min'),
        (3600.0, '60 min'),
    ],
)
def test_durations_are_in_words(value: float | None, words: str) -> None:
    assert tables.seconds(value) == words

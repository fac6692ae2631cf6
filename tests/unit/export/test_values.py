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

import datetime
import enum

import pytest

from cdm_graph.export import values
from cdm_graph.model import live_model
from tests.support import clock as clocks
from tests.support import elements


class _Word(enum.StrEnum):
    A = 'a'


@pytest.mark.parametrize(
    ('value', 'plain', 'scalar'),
    [
        (None, None, None),
        (True, True, True),
        (2**80, 2**80, 2**80),
        ('é', 'é', 'é'),
        (_Word.A, 'a', 'a'),
        (elements.moment(1), '2026-01-01T00:00:01Z', '2026-01-01T00:00:01Z'),
        (
            datetime.datetime(
                2026,
                1,
                1,
                2,
                tzinfo=datetime.timezone(datetime.timedelta(hours=2)),
            ),
            '2026-01-01T00:00:00Z',
            '2026-01-01T00:00:00Z',
        ),
        (('a', 1), ['a', 1], '["a", 1]'),
        ({'b': 1, 'a': 'é'}, {'b': 1, 'a': 'é'}, '{"a": "é", "b": 1}'),
        ({'a': [elements.moment(0)]}, {'a': ['2026-01-01T00:00:00Z']}, None),
    ],
)
def test_values_become_plain_and_scalar(
    value: object, plain: object, scalar: object
) -> None:
    assert values.plain(value) == plain
    if scalar is not None or value is None:
        assert values.scalar(value) == scalar


def test_what_is_not_known_becomes_text() -> None:
    assert values.plain(3 + 4j) == '(3+4j)'


def test_of_a_model_it_is_said_how_fresh_it_is(
    clock: clocks.FakeClock,
) -> None:
    model = live_model.LiveModel([elements.node(1)], clock=clock)
    assert values.about(model)['synchronized_at'] is None
    model.mark_synchronized(clock.time() + 0.25, ['why'])
    assert values.about(model) == {
        'sequence': model.sequence,
        'readiness': 'partial',
        'taken_at': '2027-01-15T08:00:00.000Z',
        'synchronized_at': '2027-01-15T08:00:00.250Z',
        'partial': ['why'],
    }

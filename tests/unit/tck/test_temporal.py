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

from neo4j import time
import pytest
import pytz

from tests.tck import temporal


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (time.Date(1984, 10, 1), '1984-10-01'),
        (time.Date(1, 1, 1), '0001-01-01'),
        (time.Time(12, 0), '12:00'),
        (time.Time(12, 0, 5), '12:00:05'),
        (time.Time(12, 0, 0, 2), '12:00:00.000000002'),
        (time.Time(12, 31, 14, 645_000_000), '12:31:14.645'),
        (time.Time(12, 0, tzinfo=datetime.UTC), '12:00Z'),
        (time.Time(12, 0, tzinfo=pytz.FixedOffset(-90)), '12:00-01:30'),
        (time.DateTime(1984, 3, 7), '1984-03-07T00:00'),
        (
            time.DateTime(1984, 3, 7, 12, tzinfo=pytz.FixedOffset(60)),
            '1984-03-07T12:00+01:00',
        ),
        (
            pytz.timezone('Europe/Stockholm').localize(
                time.DateTime(1984, 8, 7, 12)
            ),
            '1984-08-07T12:00+02:00[Europe/Stockholm]',
        ),
    ],
)
def test_dates_and_times(value: temporal.Temporal, text: str) -> None:
    assert temporal.text(value) == text


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (time.Duration(), 'PT0S'),
        (time.Duration(months=14, days=3), 'P1Y2M3D'),
        (time.Duration(months=-23), 'P-1Y-11M'),
        (time.Duration(days=-14, hours=16), 'P-14DT16H'),
        (time.Duration(seconds=3661), 'PT1H1M1S'),
        (time.Duration(hours=25), 'PT25H'),
        (time.Duration(seconds=-2, milliseconds=1), 'PT-1.999S'),
        (time.Duration(seconds=-600, milliseconds=-300), 'PT-10M-0.3S'),
        (time.Duration(days=1, milliseconds=-1), 'P1DT-0.001S'),
        (time.Duration(nanoseconds=1), 'PT0.000000001S'),
    ],
)
def test_durations(value: time.Duration, text: str) -> None:
    assert temporal.text(value) == text

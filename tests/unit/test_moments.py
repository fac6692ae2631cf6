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


import pytest

from cdm_graph import moments


@pytest.mark.parametrize(
    ('text', 'seconds'),
    [
        ('2026-01-31T12:00:00Z', 1_769_860_800.0),
        ('2026-01-31T12:00:00', 1_769_860_800.0),
        ('2026-01-31T14:00:00+02:00', 1_769_860_800.0),
        ('2026-01-31T12:00:00.250Z', 1_769_860_800.25),
        ('2026-01-31', 1_769_817_600.0),
        ('1769860800.25', 1_769_860_800.25),
        ('0', 0.0),
    ],
)
def test_a_moment_is_read_as_it_is_written(text: str, seconds: float) -> None:
    assert moments.read(text) == seconds


@pytest.mark.parametrize(
    'text',
    [
        *('', 'yesterday', 'nan', 'inf', '-1', '1e300', '2026-13-01'),
        *('0001-01-01T00:00:00+23:00', '1969-12-31', '9' * 5000),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        moments.read(text)

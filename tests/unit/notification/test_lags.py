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

"""How late the last notifications became visible."""

import random

from cdm_graph.notification import lags


def test_there_is_none_at_first() -> None:
    assert lags.LagWindow().read() == lags.Lag(0, None, None, None)


def test_lags_are_summed_up() -> None:
    window = lags.LagWindow()
    for lag in range(100, 0, -1):
        window.add(float(lag))
    assert window.read() == lags.Lag(100, 50.0, 99.0, 100.0)


def test_only_the_last_lags_are_kept() -> None:
    window = lags.LagWindow()
    window.add(1e9)
    for _ in range(20_000):
        window.add(1.0)
    assert window.read() == lags.Lag(20_000, 1.0, 1.0, 1.0)


def test_it_tells_what_sorting_the_last_ones_tells() -> None:
    rng = random.Random(1)
    # Some are equal, and some below nothing: clocks differ.
    drawn = [round(rng.gauss(0.2, 0.3), 2) for _ in range(25_000)]
    window = lags.LagWindow()
    for lag in drawn:
        window.add(lag)
    kept = sorted(drawn[-20_000:])
    read = window.read()
    assert (read.count, read.p50) == (20_000, kept[9_999])
    assert (read.p99, read.largest) == (kept[19_799], kept[-1])

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

"""How long to wait before something is tried again."""

import random
import typing

_FACTOR: typing.Final = 2.0
_JITTER: typing.Final = 0.25


def delay(
    failures: int, shortest: float, longest: float, jitter: random.Random
) -> float:
    """Return seconds to wait after that many failures in a row.

    It doubles with each failure up to the longest, and is spread by a
    quarter either way, so that many who failed together do not come back
    together.
    """
    exponent = min(max(failures - 1, 0), 32)
    seconds = min(longest, shortest * _FACTOR**exponent)
    return min(longest, seconds * jitter.uniform(1 - _JITTER, 1 + _JITTER))

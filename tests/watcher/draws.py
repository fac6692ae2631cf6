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

"""Numbers that are drawn by what they are about, the same each time."""

import hashlib
import typing

_BYTES: typing.Final = 8


def share(*about: object) -> float:
    """Return a number from 0 to 1."""
    text = '\0'.join(map(str, about)).encode()
    drawn = hashlib.blake2b(text, digest_size=_BYTES).digest()
    return int.from_bytes(drawn, 'big') / 256**_BYTES


def between(lowest: float, highest: float, *about: object) -> float:
    """Return a number between two."""
    return lowest + (highest - lowest) * share(*about)

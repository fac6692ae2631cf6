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

"""Identifiers that come from a seed."""

import random


def new_uuid(rng: random.Random) -> str:
    """Return a random UUID of version 4."""
    bits = rng.getrandbits(122)
    text = f'{bits >> 2:030x}'
    return (
        f'{text[:8]}-{text[8:12]}-4{text[12:15]}-'
        f'{"89ab"[bits & 3]}{text[15:18]}-{text[18:]}'
    )

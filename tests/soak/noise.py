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

"""Messages that no Nova would send."""

import itertools
import random
import typing
import uuid

from tests.functional import raw

Parts = dict[str, typing.Any]


def burst(count: int, servers: list[str], seed: int) -> list[Parts]:
    """Return malformed messages: some name a server, some name nothing."""
    rng = random.Random(seed)
    kinds = itertools.cycle(
        (_no_payload, _no_server, _no_data, _wrong_type, _unknown_version)
    )
    return [
        next(kinds)(rng.choice(servers) if servers else str(uuid.uuid4()))
        for _ in range(count)
    ]


def _no_payload(server: str) -> Parts:
    return {'payload': None}


def _no_server(server: str) -> Parts:
    return {'payload': raw.versioned({'uuid': {'not': 'a UUID'}})}


def _no_data(server: str) -> Parts:
    return {'payload': {'nova_object.version': '1.8', 'uuid': server}}


def _wrong_type(server: str) -> Parts:
    return {
        'event_type': 'instance.update',
        'payload': raw.versioned(
            {'uuid': server, 'host': 7, 'metadata': 'none', 'flavor': []},
            name='InstanceUpdatePayload',
        ),
    }


def _unknown_version(server: str) -> Parts:
    return {'payload': raw.versioned({'uuid': server}, version='9.0')}

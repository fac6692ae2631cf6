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

"""Makes what can be attached to servers: ports, volumes, shares.

Everything random comes from a stream of its own, so that what else a seed
makes of a cloud does not depend on what its servers have attached.  No two
ports of a cloud have the same MAC address.
"""

import random
import typing

from cdm_graph.simulation import identifiers
from cdm_graph.simulation import records

_NETWORKS: typing.Final = ('private', 'private', 'private', 'public')
#: This share of the ports has an address of either version.
_DUAL_STACK: typing.Final = 0.1
#: Odd, so that a multiple of it is another one for each of 2**24 ports.
_STRIDE: typing.Final = 0x9E3779
_LOW: typing.Final = 0xFFFFFF


class Devices:
    """What can be attached to the servers of one cloud.

    Not thread-safe by itself: the cloud's lock guards it.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f'devices of {seed}')
        self._ports = 0

    def port(self) -> records.Port:
        """Return a new port."""
        self._ports += 1
        number = self._ports
        low = f'{number * _STRIDE & _LOW:06x}'
        addresses = [
            f'10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}'
        ]
        if self.rng.random() < _DUAL_STACK:
            addresses.append(f'fd00::{number >> 16:x}:{number & 0xFFFF:x}')
        return records.Port(
            uuid=identifiers.new_uuid(self.rng),
            mac_address=f'fa:16:3e:{low[:2]}:{low[2:4]}:{low[4:]}',
            network=_NETWORKS[int(self.rng.random() * len(_NETWORKS))],
            addresses=tuple(addresses),
        )

    def root_volume(self) -> records.Volume:
        """Return a new volume that a server boots from."""
        return records.Volume(
            uuid=identifiers.new_uuid(self.rng),
            device_name='/dev/vda',
            is_root=True,
            delete_on_termination=self.rng.random() < 0.5,
        )

    def volume(self, others: tuple[records.Volume, ...]) -> records.Volume:
        """Return a new volume for a server that has these already."""
        return self.existing_volume(identifiers.new_uuid(self.rng), others)

    def existing_volume(
        self, uuid: str, others: tuple[records.Volume, ...]
    ) -> records.Volume:
        """Return a volume as a server has it that has these already."""
        taken = {each.device_name for each in others}
        name = next(
            f'/dev/vd{letter}'
            for letter in 'bcdefghijklmnopqrstuvwxyz'
            if f'/dev/vd{letter}' not in taken
        )
        return records.Volume(uuid=uuid, device_name=name)

    def share(self) -> records.Share:
        """Return a new share, which is about to be attached."""
        return records.Share(
            uuid=identifiers.new_uuid(self.rng),
            mapping_uuid=identifiers.new_uuid(self.rng),
            status='attaching',
        )

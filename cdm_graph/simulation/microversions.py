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

"""Microversions of an API: one version for each request.

A version is a pair of numbers, which compare as versions do.
"""

import collections.abc
import dataclasses
import re
import typing

Version = tuple[int, int]

MINIMUM: typing.Final[Version] = (2, 1)
#: That of the Nova whose notifications were recorded.
MAXIMUM: typing.Final[Version] = (2, 104)
_FORM: typing.Final = re.compile(r'^([1-9]\d*)\.(0|[1-9]\d*)$')


@dataclasses.dataclass(frozen=True, slots=True)
class Supported:
    """Which versions a service supports.

    :param service: what it is called in the header of all services
    :param header: its own, from before there was one of all services
    """

    service: str
    minimum: Version
    maximum: Version
    header: str | None = None


NOVA: typing.Final = Supported(
    'compute', MINIMUM, MAXIMUM, 'x-openstack-nova-api-version'
)
#: Those of the Cinder whose notifications were recorded.
CINDER: typing.Final = Supported('volume', (3, 0), (3, 71))
#: Those of the Ironic whose notifications were recorded.
IRONIC: typing.Final = Supported(
    'baremetal', (1, 1), (1, 115), 'x-openstack-ironic-api-version'
)


class Malformed(Exception):
    """The header holds no version."""


class NotSupported(Exception):
    """The version is outside what the API supports."""


def text(version: Version) -> str:
    """Return a version as it is written."""
    return f'{version[0]}.{version[1]}'


def negotiate(
    headers: collections.abc.Mapping[str, str], supported: Supported
) -> Version:
    """Return the version that a request asks for, or the lowest."""
    wanted = _wanted(headers, supported)
    if wanted is None:
        return supported.minimum
    if wanted == 'latest':
        return supported.maximum
    match = _FORM.match(wanted)
    if match is None:
        raise Malformed(
            f'API Version String {wanted} is of invalid format. Must be of '
            f'format MajorNum.MinorNum.'
        )
    version = (int(match[1]), int(match[2]))
    if not supported.minimum <= version <= supported.maximum:
        raise NotSupported(
            f'Version {wanted} is not supported by the API. Minimum is '
            f'{text(supported.minimum)} and maximum is '
            f'{text(supported.maximum)}.'
        )
    return version


def _wanted(
    headers: collections.abc.Mapping[str, str], supported: Supported
) -> str | None:
    for part in headers.get('openstack-api-version', '').split(','):
        service, _, version = part.strip().partition(' ')
        if service.lower() == supported.service and version:
            return version.strip()
    if supported.header is None:
        return None
    return headers.get(supported.header)

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

"""Microversions of Nova's API: one version for each request.

A version is a pair of numbers, which compare as versions do.
"""

import collections.abc
import re
import typing

Version = tuple[int, int]

MINIMUM: typing.Final[Version] = (2, 1)
#: That of the Nova whose notifications were recorded.
MAXIMUM: typing.Final[Version] = (2, 104)
_FORM: typing.Final = re.compile(r'^([1-9]\d*)\.(0|[1-9]\d*)$')


class Malformed(Exception):
    """The header holds no version."""


class NotSupported(Exception):
    """The version is outside what the API supports."""


def text(version: Version) -> str:
    """Return a version as it is written."""
    return f'{version[0]}.{version[1]}'


def negotiate(
    headers: collections.abc.Mapping[str, str], maximum: Version
) -> Version:
    """Return the version that a request asks for, 2.1 if it asks for none."""
    wanted = _wanted(headers)
    if wanted is None:
        return MINIMUM
    if wanted == 'latest':
        return maximum
    match = _FORM.match(wanted)
    if match is None:
        raise Malformed(
            f'API Version String {wanted} is of invalid format. Must be of '
            f'format MajorNum.MinorNum.'
        )
    version = (int(match[1]), int(match[2]))
    if not MINIMUM <= version <= maximum:
        raise NotSupported(
            f'Version {wanted} is not supported by the API. Minimum is '
            f'{text(MINIMUM)} and maximum is {text(maximum)}.'
        )
    return version


def _wanted(headers: collections.abc.Mapping[str, str]) -> str | None:
    for part in headers.get('openstack-api-version', '').split(','):
        service, _, version = part.strip().partition(' ')
        if service.lower() == 'compute' and version:
            return version.strip()
    return headers.get('x-openstack-nova-api-version')

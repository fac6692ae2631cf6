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

"""IronicClient: what is read from Ironic's API.

It speaks through keystoneauth's adapter, with the highest microversion that
both sides know.  The client library of Ironic would bring a command line and
all of openstacksdk for a handful of requests.
"""

import collections.abc
import json
import re
import typing

from keystoneauth1 import adapter

from cdm_graph.collector import rest_client

Row = rest_client.Row
_Version = tuple[int, int]

#: What every Ironic speaks.
_FIRST: typing.Final = '1.1'
#: From here on a list can show whole rows by a parameter.
_OLDEST: typing.Final[_Version] = (1, 43)
#: That of the Ironic whose answers were recorded.
_NEWEST: typing.Final[_Version] = (1, 115)
_FORM: typing.Final = re.compile(r'(\d+)\.(\d+)')
#: What a list tells of each machine at little cost; not its chassis, nor
#: when it was changed: who asks for these fields is refused.
_FIELDS: typing.Final = (
    'uuid',
    'name',
    'driver',
    'resource_class',
    'power_state',
    'target_power_state',
    'provision_state',
    'target_provision_state',
    'maintenance',
    'maintenance_reason',
    'fault',
    'instance_uuid',
    'properties',
    'extra',
)
#: The path of the API's one version, which a catalog may name or not.
_ROOT: typing.Final = '/v1'


class IronicClient(rest_client.RestClient):
    """Reads lists and rows of an Ironic."""

    service = rest_client.Service(
        name='Ironic',
        group='ironic',
        type='baremetal',
        api='baremetal',
        rights='list all bare metal nodes, whoever owns them',
    )

    def __init__(self, *args: typing.Any, **options: typing.Any) -> None:
        super().__init__(*args, **options)
        self._version: _Version | None = None

    @property
    def microversion(self) -> str | None:
        """The microversion in use; none before the first request."""
        return _text(self._version) if self._version else None

    def machines(self) -> collections.abc.Iterator[Row]:
        """Yield all machines, as whole rows: Ironic looks up much for each."""
        yield from self._pages('/nodes', 'nodes', key='uuid', detail='True')

    def outlines(self) -> collections.abc.Iterator[Row]:
        """Yield all machines, with what can be listed of many."""
        yield from self._pages(
            '/nodes', 'nodes', key='uuid', fields=','.join(_FIELDS)
        )

    def machine(self, uuid: str) -> Row:
        """Return one machine.

        :raises cdm_graph.collector.rest_client.RowNotFound: if there is none
        """
        return self._get(f'/nodes/{rest_client.quoted(uuid)}')

    def chassis(self) -> collections.abc.Iterator[Row]:
        """Yield all chassis."""
        yield from self._pages(
            '/chassis', 'chassis', key='uuid', detail='True'
        )

    def one_chassis(self, uuid: str) -> Row:
        """Return one chassis.

        :raises cdm_graph.collector.rest_client.RowNotFound: if there is none
        """
        return self._get(f'/chassis/{rest_client.quoted(uuid)}')

    def _open(self) -> adapter.Adapter:
        options = dict(self._adapter_options)
        return adapter.Adapter(
            self._session,
            service_type=self.service.type,
            interface=options.pop('endpoint_type', None),
            **options,
        )

    def _send(self, path: str, version: str) -> typing.Any:
        return super()._send(self._below(path), version)

    def _below(self, path: str) -> str:
        """Return a path as it is below the endpoint of the catalog."""
        endpoint = str(self._adapter.get_endpoint())
        if endpoint.rstrip('/').endswith(_ROOT):
            return path
        return f'{_ROOT}{path}'

    def _negotiated(self) -> str:
        if self._version is None:
            version = _read(self._read('/', _FIRST) or {})
            if version is None or version < _OLDEST:
                known = _text(version) if version else 'none'
                raise self._too_old(known, f'{_text(_OLDEST)} (Rocky)')
            self._version = min(version, _NEWEST)
        return _text(self._version)

    def _is_own_absence(self, body: Row) -> bool:
        """Return whether it is Ironic that says: not found.

        Of a path that it does not know it speaks in other words.
        """
        return 'faultstring' in _fault(body)

    def _said(self, body: typing.Any) -> str:
        fault = _fault(body)
        text = fault.get('faultstring') or fault.get('description')
        return text if isinstance(text, str) else super()._said(body)


def _text(version: _Version) -> str:
    return f'{version[0]}.{version[1]}'


def _read(root: Row) -> _Version | None:
    """Return the highest microversion that the root of the API tells."""
    told = root.get('version')
    text = told.get('version') if isinstance(told, dict) else None
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    return None if match is None else (int(match[1]), int(match[2]))


def _fault(body: typing.Any) -> Row:
    """Return what an error of Ironic's says: JSON, within JSON as a text."""
    told = body.get('error_message') if isinstance(body, dict) else None
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except ValueError:
            return {}
    return told if isinstance(told, dict) else {}

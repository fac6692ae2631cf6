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

"""CinderClient: what is read from Cinder's API.

It speaks through python-cinderclient, with the highest microversion that both
sides know.
"""

import collections.abc
import contextlib
import datetime
import functools
import typing

from cinderclient import api_versions
from cinderclient import client as cinder_client
from cinderclient import exceptions as cinder_exceptions
from keystoneauth1 import adapter

from cdm_graph.collector import rest_client

Row = rest_client.Row

#: What every Cinder speaks.
_FIRST: typing.Final = '3.0'
#: From here on what changed since a moment can be asked for.
_OLDEST: typing.Final = api_versions.APIVersion('3.60')
#: From 3.49 on Cinder makes a call to a scheduler to list services.
_NEWEST_FOR_SERVICES: typing.Final = api_versions.APIVersion('3.48')


class CinderClient(rest_client.RestClient):
    """Reads lists and rows of a Cinder."""

    service = rest_client.Service(
        name='Cinder',
        group='cinder',
        type='block-storage',
        api='volume',
        rights='list the volumes of all projects, and the pools',
    )

    def __init__(self, *args: typing.Any, **options: typing.Any) -> None:
        super().__init__(*args, **options)
        self._version: api_versions.APIVersion | None = None

    @property
    def microversion(self) -> str | None:
        """The microversion in use; none before the first request."""
        return self._version.get_string() if self._version else None

    def volumes(self) -> collections.abc.Iterator[Row]:
        """Yield all volumes of all projects."""
        yield from self._pages('/volumes/detail', 'volumes', all_tenants='1')

    def changed_volumes(
        self, since: datetime.datetime
    ) -> collections.abc.Iterator[Row]:
        """Yield the volumes that changed since then, but for deleted ones.

        Cinder dates a row when it is changed, in whole seconds, and a new one
        not at all: so what was created since is asked for, too.
        """
        moment = since.astimezone(datetime.UTC).strftime('%Y-%m-%dT%H:%M:%S')
        for field in ('created_at', 'updated_at'):
            yield from self._pages(
                '/volumes/detail',
                'volumes',
                all_tenants='1',
                **{field: f'gte:{moment}'},
            )

    def volume(self, uuid: str) -> Row:
        """Return one volume.

        :raises cdm_graph.collector.rest_client.RowNotFound: if there is none
        """
        return self._one(f'/volumes/{rest_client.quoted(uuid)}', 'volume')

    def snapshots(self) -> collections.abc.Iterator[Row]:
        """Yield all snapshots of all projects."""
        yield from self._pages(
            '/snapshots/detail', 'snapshots', all_tenants='1'
        )

    def snapshot(self, uuid: str) -> Row:
        """Return one snapshot.

        :raises cdm_graph.collector.rest_client.RowNotFound: if there is none
        """
        path = f'/snapshots/{rest_client.quoted(uuid)}'
        return self._one(path, 'snapshot')

    def types(self) -> collections.abc.Iterator[Row]:
        """Yield all volume types, the private ones too."""
        yield from self._pages('/types', 'volume_types', is_public='None')

    def services(self) -> list[Row]:
        """Return all cinder-volume services."""
        with self._errors('/os-services'):
            version = min(self._discovered(), _NEWEST_FOR_SERVICES)
        return self._list(
            '/os-services?binary=cinder-volume',
            'services',
            version.get_string(),
        )

    def pools(self) -> list[Row]:
        """Return the pools that the scheduler knows of now."""
        return self._list('/scheduler-stats/get_pools?detail=true', 'pools')

    @functools.cached_property
    def _client(self) -> typing.Any:
        """Cinderclient's client, of the oldest microversion."""
        return cinder_client.Client(
            _FIRST,
            session=self._session,
            service_type=self.service.type,
            **self._adapter_options,
        )

    def _open(self) -> adapter.Adapter:
        return typing.cast(adapter.Adapter, self._client.client)

    def _negotiated(self) -> str:
        return str(self._discovered().get_string())

    def _discovered(self) -> api_versions.APIVersion:
        if self._version is None:
            version = api_versions.discover_version(
                self._client,
                api_versions.APIVersion(api_versions.MAX_VERSION),
            )
            if version < _OLDEST:
                raise self._too_old(
                    version.get_string(), f'{_OLDEST.get_string()} (Ussuri)'
                )
            self._version = version
        return self._version

    @contextlib.contextmanager
    def _errors(self, path: str) -> collections.abc.Iterator[None]:
        """Turn what cinderclient raises, too, into this package's errors."""
        with super()._errors(path):
            try:
                yield
            except cinder_exceptions.UnsupportedVersion as error:
                raise self._unavailable(path, error) from error
            except cinder_exceptions.ClientException as error:
                raise rest_client.HttpError(
                    int(error.code), str(error.message)
                ) from error

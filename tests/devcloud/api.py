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

"""The way to the cloud's own APIs: a session, and who logs in with it."""

from keystoneauth1 import adapter
from keystoneauth1 import session
from keystoneauth1.identity import v3

from tests.devcloud import settings

#: Nova answers within it even when its broker is dead.
_TIMEOUT = 90


def login(
    chosen: settings.Settings, user: str = 'admin', project: str = 'admin'
) -> session.Session:
    """Return a session, by default of the cloud's administrator."""
    return session.Session(
        auth=v3.Password(
            auth_url=chosen.auth_url,
            username=user,
            password=settings.PASSWORD,
            project_name=project,
            user_domain_name='Default',
            project_domain_name='Default',
        ),
        timeout=_TIMEOUT,
    )


def service(authorized: session.Session, kind: str) -> adapter.Adapter:
    """Return the API of one type of service of the catalog."""
    return adapter.Adapter(
        authorized,
        service_type=kind,
        interface='public',
        region_name=settings.REGION,
    )

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

"""The session with which a cloud is asked, from the configuration.

Credentials come from ``[nova]`` or, where that has none, from the ``OS_*``
variables of the environment, as an ``openrc`` file sets them.
"""

import os
import typing

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import loading
from keystoneauth1 import session as keystone_session
from oslo_config import cfg

from cdm_graph import exceptions

_GROUP: typing.Final = 'nova'
#: From the variables of an openrc file to keystoneauth's options.
_VARIABLES: typing.Final = {
    'OS_AUTH_URL': 'auth_url',
    'OS_USERNAME': 'username',
    'OS_USER_ID': 'user_id',
    'OS_PASSWORD': 'password',
    'OS_PROJECT_NAME': 'project_name',
    'OS_PROJECT_ID': 'project_id',
    'OS_USER_DOMAIN_NAME': 'user_domain_name',
    'OS_USER_DOMAIN_ID': 'user_domain_id',
    'OS_PROJECT_DOMAIN_NAME': 'project_domain_name',
    'OS_PROJECT_DOMAIN_ID': 'project_domain_id',
}


def load_session(conf: cfg.ConfigOpts) -> keystone_session.Session:
    """Return a session; nothing is asked yet.

    :raises cdm_graph.exceptions.ConfigurationError: if an option is missing
        or wrong
    """
    try:
        auth = loading.load_auth_from_conf_options(conf, _GROUP)
    except keystone_exceptions.NoMatchingPlugin as error:
        raise exceptions.ConfigurationError(
            f'[nova] auth_type is no plugin of keystoneauth: {error}.'
        ) from error
    except (
        keystone_exceptions.MissingRequiredOptions,
        cfg.Error,
    ) as error:
        raise exceptions.ConfigurationError(
            f'[nova] cannot be used: {error}'
        ) from error
    if auth is None:
        auth = _from_environment()
    try:
        return loading.load_session_from_conf_options(conf, _GROUP, auth=auth)
    except (ValueError, cfg.Error) as error:
        raise exceptions.ConfigurationError(
            f'[nova] cannot be used: {error}'
        ) from error


def _from_environment() -> typing.Any:
    options = {
        option: os.environ[variable]
        for variable, option in _VARIABLES.items()
        if os.environ.get(variable)
    }
    if 'auth_url' not in options:
        raise exceptions.ConfigurationError(
            'No credentials: set [nova] auth_type, auth_url and the rest in '
            'the configuration file, or the OS_* variables of an openrc file.'
        )
    try:
        return loading.get_plugin_loader('password').load_from_options(
            **options
        )
    except keystone_exceptions.MissingRequiredOptions as error:
        raise exceptions.ConfigurationError(
            f'The OS_* variables cannot be used: {error}'
        ) from error


def adapter_options(conf: cfg.ConfigOpts) -> dict[str, typing.Any]:
    """Return what python-novaclient has to know to find the API."""
    group = conf[_GROUP]
    interfaces = group.valid_interfaces or ['public']
    options = {
        'region_name': group.region_name or os.environ.get('OS_REGION_NAME'),
        'endpoint_type': interfaces[0],
        'endpoint_override': group.endpoint_override,
        'connect_retries': 1,
    }
    return {name: value for name, value in options.items() if value}


def describe(conf: cfg.ConfigOpts) -> str:
    """Return where the cloud is, without any secret."""
    group = conf[_GROUP]
    url = group.endpoint_override
    if not url and group.auth_type:
        url = getattr(group, 'auth_url', None)
    return str(url or os.environ.get('OS_AUTH_URL') or 'an unknown address')


def check(conf: cfg.ConfigOpts, session: keystone_session.Session) -> None:
    """Log in once, to tell a wrong configuration from a cloud that is away.

    A cloud that cannot be reached, or fails, is no mistake of the
    configuration: then nothing is raised.

    :raises cdm_graph.exceptions.ConfigurationError: if the cloud answers,
        and says that an option is wrong
    """
    try:
        session.get_token()
        endpoint = _endpoint(conf, session)
    except keystone_exceptions.ClientException as error:
        if _is_away(error):
            return
        raise _wrong(conf, error) from error
    if endpoint is None:
        group = conf[_GROUP]
        raise exceptions.ConfigurationError(
            '[nova] region_name or valid_interfaces is wrong: the catalog of '
            f'the cloud has no compute endpoint in region '
            f'{group.region_name or "(any)"} for the interfaces '
            f'{", ".join(group.valid_interfaces or ["public"])}.'
        )


def _endpoint(
    conf: cfg.ConfigOpts, session: keystone_session.Session
) -> str | None:
    options = adapter_options(conf)
    if 'endpoint_override' in options:
        return str(options['endpoint_override'])
    try:
        endpoint: str | None = session.get_endpoint(
            service_type='compute',
            interface=options.get('endpoint_type'),
            region_name=options.get('region_name'),
        )
    except keystone_exceptions.EndpointNotFound:
        return None
    return endpoint


def _is_away(error: BaseException | None) -> bool:
    """Return whether the cloud did not answer, or failed."""
    while error is not None:
        if isinstance(
            error,
            keystone_exceptions.ConnectFailure
            | keystone_exceptions.ConnectTimeout
            | keystone_exceptions.HttpServerError,
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


def _wrong(
    conf: cfg.ConfigOpts, error: Exception
) -> exceptions.ConfigurationError:
    said = str(error).splitlines()[0]
    if isinstance(
        error,
        keystone_exceptions.Unauthorized | keystone_exceptions.Forbidden,
    ):
        return exceptions.ConfigurationError(
            '[nova] username, password or project is wrong: Keystone at '
            f'{describe(conf)} said: {said}'
        )
    return exceptions.ConfigurationError(
        f'[nova] auth_url is wrong: {describe(conf)} does not answer as '
        f'Keystone does: {said}'
    )

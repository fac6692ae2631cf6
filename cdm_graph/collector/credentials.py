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

"""The session with which a service is asked, from the configuration.

Each service has a group of options, named after it.  Where that of another
one than Nova has no credentials those of ``[nova]`` are used; where that has
none either, the ``OS_*`` variables of the environment, as an ``openrc`` file
sets them.
"""

import os
import typing

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import loading
from keystoneauth1 import session as keystone_session
from oslo_config import cfg

from cdm_graph import exceptions
from cdm_graph.collector import rest_client

#: Whose credentials are used where a service has none of its own.
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


_CLIENT = typing.TypeVar('_CLIENT', bound=rest_client.RestClient)


def connect(conf: cfg.ConfigOpts, client: type[_CLIENT]) -> _CLIENT:
    """Return a client of a service; nothing is asked yet.

    :raises cdm_graph.exceptions.ConfigurationError: if an option is missing
        or wrong
    """
    service = client.service
    return client(
        load_session(conf, service),
        adapter_options=adapter_options(conf, service),
        page_size=int(conf.collector[f'{service.group}_page_size']),
        url=describe(conf, service),
    )


def load_session(
    conf: cfg.ConfigOpts, service: rest_client.Service
) -> keystone_session.Session:
    """Return a session; nothing is asked yet.

    :raises cdm_graph.exceptions.ConfigurationError: if an option is missing
        or wrong
    """
    group = _login(conf, service)
    try:
        auth = loading.load_auth_from_conf_options(conf, group)
    except keystone_exceptions.NoMatchingPlugin as error:
        raise exceptions.ConfigurationError(
            f'[{group}] auth_type is no plugin of keystoneauth: {error}.'
        ) from error
    except (
        keystone_exceptions.MissingRequiredOptions,
        cfg.Error,
    ) as error:
        raise exceptions.ConfigurationError(
            f'[{group}] cannot be used: {error}'
        ) from error
    if auth is None:
        auth = _from_environment()
    try:
        return loading.load_session_from_conf_options(
            conf, service.group, auth=auth
        )
    except (ValueError, cfg.Error) as error:
        raise exceptions.ConfigurationError(
            f'[{service.group}] cannot be used: {error}'
        ) from error


def _login(conf: cfg.ConfigOpts, service: rest_client.Service) -> str:
    """Return the group with the credentials for a service."""
    own = conf[service.group]
    return service.group if own.auth_type or own.auth_section else _GROUP


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


def adapter_options(
    conf: cfg.ConfigOpts, service: rest_client.Service
) -> dict[str, typing.Any]:
    """Return what the client library has to know to find the API."""
    group = conf[service.group]
    interfaces = group.valid_interfaces or ['public']
    options = {
        'region_name': group.region_name or os.environ.get('OS_REGION_NAME'),
        'endpoint_type': interfaces[0],
        'endpoint_override': group.endpoint_override,
        'connect_retries': 1,
    }
    return {name: value for name, value in options.items() if value}


def describe(conf: cfg.ConfigOpts, service: rest_client.Service) -> str:
    """Return where the cloud is, without any secret."""
    url = conf[service.group].endpoint_override
    login = conf[_login(conf, service)]
    if not url and login.auth_type:
        url = getattr(login, 'auth_url', None)
    return str(url or os.environ.get('OS_AUTH_URL') or 'an unknown address')


def check(conf: cfg.ConfigOpts, service: rest_client.Service) -> None:
    """Log in once, to tell a wrong configuration from a cloud that is away.

    A cloud that cannot be reached, or fails, is no mistake of the
    configuration: then nothing is raised.

    :raises cdm_graph.exceptions.ConfigurationError: if an option is missing,
        or the cloud answers and says that one is wrong
    """
    session = load_session(conf, service)
    try:
        session.get_token()
        endpoint = _endpoint(conf, session, service)
    except keystone_exceptions.ClientException as error:
        if _is_away(error):
            return
        raise _wrong(conf, service, error) from error
    if endpoint is None:
        group = conf[service.group]
        raise exceptions.ConfigurationError(
            f'[{service.group}] region_name or valid_interfaces is wrong: the '
            f'catalog of the cloud has no {service.type} endpoint in region '
            f'{group.region_name or "(any)"} for the interfaces '
            f'{", ".join(group.valid_interfaces or ["public"])}.'
        )


def _endpoint(
    conf: cfg.ConfigOpts,
    session: keystone_session.Session,
    service: rest_client.Service,
) -> str | None:
    options = adapter_options(conf, service)
    if 'endpoint_override' in options:
        return str(options['endpoint_override'])
    try:
        endpoint: str | None = session.get_endpoint(
            service_type=service.type,
            interface=options.get('endpoint_type'),
            region_name=options.get('region_name'),
        )
    except (keystone_exceptions.EndpointNotFound, ValueError):
        # Keystoneauth takes it for a mistake of the program where another
        # region has the service under another name of its type.
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
    conf: cfg.ConfigOpts, service: rest_client.Service, error: Exception
) -> exceptions.ConfigurationError:
    said, group = str(error).splitlines()[0], _login(conf, service)
    where = describe(conf, service)
    if isinstance(
        error,
        keystone_exceptions.Unauthorized | keystone_exceptions.Forbidden,
    ):
        return exceptions.ConfigurationError(
            f'[{group}] username, password or project is wrong: Keystone at '
            f'{where} said: {said}'
        )
    return exceptions.ConfigurationError(
        f'[{group}] auth_url is wrong: {where} does not answer as Keystone '
        f'does: {said}'
    )

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
    except (
        keystone_exceptions.MissingRequiredOptions,
        keystone_exceptions.NoMatchingPlugin,
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

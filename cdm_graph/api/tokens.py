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

"""Asking Keystone who sends a token, by keystonemiddleware.

That middleware is for WSGI, and knows a great deal: rules of application
credentials, caches, tokens of services.  So what it needs of a request is put
before it as a request of WSGI, and what it makes of that is read.
"""

import collections.abc
import datetime
import io
import sys
import typing

from keystoneauth1 import exceptions as keystone_exceptions
from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_context import context as contexts
from oslo_log import log

from cdm_graph import exceptions

LOG = log.getLogger(__name__)

_GROUP: typing.Final = 'keystone_authtoken'
_INFO: typing.Final = 'keystone.token_info'
_UNAUTHORIZED: typing.Final = '401'
_Environ = dict[str, typing.Any]
#: Seconds that Keystone may take, unless the configuration tells; and
#: characters of a token at most.
_TIMEOUT: typing.Final = 10
_LONGEST: typing.Final = 8192


class Identity(typing.NamedTuple):
    """Who sends a request.

    :param context: their user, roles and scope
    :param expires_at: until when that holds, in seconds since the epoch
    """

    context: contexts.RequestContext
    expires_at: float


class Tokens:
    """Tells whose a token is; thread-safe.

    :param conf: has the options of keystonemiddleware in
        ``[keystone_authtoken]``
    :raises cdm_graph.exceptions.ConfigurationError: if they cannot be used
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        for group, options in auth_token.AUTH_TOKEN_OPTS:
            conf.register_opts(options, group=group)
        conf.set_default('http_connect_timeout', _TIMEOUT, group=_GROUP)
        try:
            self._middleware = auth_token.AuthProtocol(
                _keep, {'oslo_config_config': conf}
            )
            group = conf[_GROUP]
            auth_type = group.auth_section or group.auth_type
            self.uri = str(
                group.www_authenticate_uri or getattr(group, 'auth_url', '')
            )
        except (
            keystone_exceptions.ClientException,
            auth_token.ConfigurationError,
            cfg.Error,
            ValueError,
        ) as error:
            raise exceptions.ConfigurationError(
                f'[{_GROUP}] cannot be used: {error}'
            ) from error
        if not auth_type:
            raise exceptions.ConfigurationError(
                f'[{_GROUP}] auth_type is not set: with [api] auth_strategy '
                'keystone the daemon has to log in to ask whose a token is. '
                'Set it with auth_url and the rest as in [nova].'
            )

    def identify(self, method: str, path: str, token: str | None) -> Identity:
        """Return who sends a request; Keystone is asked, perhaps.

        :raises cdm_graph.exceptions.TokenInvalid: if there is no token, or
            one that does not allow the request
        :raises cdm_graph.exceptions.IdentityUnavailable: if Keystone does
            not answer
        """
        if not token:
            raise exceptions.TokenInvalid(
                'A token of Keystone is needed, in the header X-Auth-Token: '
                'openstack token issue -f value -c id prints one.'
            )
        if len(token) > _LONGEST or not _is_visible(token):
            raise exceptions.TokenInvalid(
                'That is no token of Keystone; they are plain text.'
            )
        try:
            return self._ask(_environ(method, path, token))
        except exceptions.RequestRefused:
            raise
        except Exception as error:  # what a strange answer leads to
            raise _unavailable(error) from error

    def _ask(self, environ: _Environ) -> Identity:
        answered: list[str] = []

        def start_response(status: str, *_: typing.Any) -> typing.Any:
            answered.append(status)

        list(self._middleware(environ, start_response))
        [status] = answered
        if status.startswith(_UNAUTHORIZED):
            raise exceptions.TokenInvalid(
                'Keystone does not know that token, or it has expired, or '
                'was made for other requests.'
            )
        if _INFO not in environ:
            raise _unavailable(status)
        return Identity(
            contexts.RequestContext.from_environ(environ),
            _expiry(environ[_INFO]),
        )


def _is_visible(token: str) -> bool:
    return token.isascii() and token.isprintable() and ' ' not in token


def _keep(
    environ: _Environ, start_response: typing.Any
) -> collections.abc.Iterable[bytes]:
    """Answer for the application behind the middleware."""
    start_response('204 No Content', [])
    return ()


def _environ(method: str, path: str, token: str) -> _Environ:
    """Return as much of a request as the middleware looks at."""
    return {
        'REQUEST_METHOD': method,
        'SCRIPT_NAME': '',
        'PATH_INFO': path,
        'QUERY_STRING': '',
        'SERVER_NAME': 'localhost',
        'SERVER_PORT': '80',
        'SERVER_PROTOCOL': 'HTTP/1.1',
        'HTTP_X_AUTH_TOKEN': token,
        'wsgi.version': (1, 0),
        'wsgi.url_scheme': 'http',
        'wsgi.input': io.BytesIO(),
        'wsgi.errors': sys.stderr,
        'wsgi.multithread': True,
        'wsgi.multiprocess': False,
        'wsgi.run_once': False,
    }


def _expiry(info: dict[str, typing.Any]) -> float:
    return datetime.datetime.fromisoformat(
        info['token']['expires_at']
    ).timestamp()


def _unavailable(reason: object) -> exceptions.IdentityUnavailable:
    LOG.error('Keystone cannot be asked whose a token is: %s', reason)
    return exceptions.IdentityUnavailable(
        'Keystone cannot be asked whose that token is; ask again. The log of '
        'the daemon tells why.'
    )

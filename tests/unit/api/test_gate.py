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

"""Who is let in, by a simulated Keystone and the policy.

That what the simulated one answers is what a real one does is shown by
``tests/devcloud``, which asks that.
"""

import asyncio
import collections.abc
import pathlib
import secrets
import threading
import time
import typing

from keystoneauth1 import identity
from keystoneauth1 import session as keystone_session
from oslo_config import cfg
import pytest
from starlette import applications
from starlette import requests
from starlette import responses
from starlette import routing
from starlette import testclient

from cdm_graph import exceptions
from cdm_graph.api import access
from cdm_graph.api import gate
from cdm_graph.api import policy
from cdm_graph.api import tokens
from cdm_graph.model import scope
from cdm_graph.simulation import keystone_api
from cdm_graph.simulation import server
from tests.unit.api import support
from tests.unit.simulation import support as clouds

_PASSWORD: typing.Final = secrets.token_urlsafe()
_READ_PROJECT: typing.Final = [access.Rule.READ_PROJECT.value]


class Site:
    """A Keystone, and an application behind a gate."""

    def __init__(self, folder: pathlib.Path) -> None:
        # What is a token's end is compared with the real time.
        self.cloud = clouds.small_cloud(instances=5)
        self.clock = typing.cast(clouds.ManualClock, self.cloud.clock)
        self.clock.now = time.time()
        self.keystone = server.ApiServer(
            self.cloud, password=_PASSWORD, token_lifetime=3600
        )
        self.url = f'{self.keystone.start()}/identity'
        self.folder = folder
        self.conf = support.configuration(folder / 's')
        _set_credentials(self.conf, self.url)
        self.began = threading.Event()

    def web(self) -> testclient.TestClient:
        application = applications.Starlette(
            routes=[
                routing.Route('/allowed', _allowed),
                routing.Route('/act', _allowed, methods=['POST']),
                routing.Route('/ready', _allowed),
                routing.Route('/page/x', _allowed),
                routing.Route('/late', _late),
                routing.Route('/stream', _stream),
            ]
        )
        return testclient.TestClient(
            gate.Gate(
                application, tokens.Tokens(self.conf), policy.Policy(self.conf)
            ),
            'http://cdm.test:8780',
        )

    def token(self, user: str = 'admin', **wanted: typing.Any) -> str:
        owner = self.cloud.admin
        for each in self.cloud.projects.values():
            if each.user_name == user:
                owner = each
        if not wanted:
            wanted = {
                'project_name': owner.name,
                'project_domain_name': keystone_api.DOMAIN_NAME,
            }
        auth = identity.V3Password(
            self.url,
            username=owner.user_name,
            password=_PASSWORD,
            user_domain_name=keystone_api.DOMAIN_NAME,
            **wanted,
        )
        return str(auth.get_token(keystone_session.Session()))


def _set_credentials(conf: cfg.ConfigOpts, url: str) -> None:
    path = pathlib.Path(conf.daemon.socket).with_name('conf')
    path.write_text(
        '[keystone_authtoken]\n'
        f'auth_type = password\nauth_url = {url}\nusername = admin\n'
        f'password = {_PASSWORD}\nproject_name = admin\n'
        'user_domain_name = Default\nproject_domain_name = Default\n'
        f'www_authenticate_uri = {url}\nhttp_request_max_retries = 0\n'
        'token_cache_time = -1\n'
        '[oslo_policy]\n'
        f'policy_file = {path.with_name("policy.yaml")}\n'
    )
    conf([], default_config_files=[str(path)])


async def _allowed(request: requests.Request) -> responses.Response:
    granted = access.of(request)
    return responses.JSONResponse([sorted(granted.rules), repr(granted.scope)])


async def _late(request: requests.Request) -> responses.Response:
    await asyncio.sleep(60)
    raise AssertionError


async def _stream(request: requests.Request) -> responses.Response:
    async def numbers() -> collections.abc.AsyncIterator[str]:
        yield 'one'
        await asyncio.sleep(60)
        yield 'two'

    return responses.StreamingResponse(numbers())


@pytest.fixture
def site(tmp_path: pathlib.Path) -> collections.abc.Iterator[Site]:
    found = Site(tmp_path)
    try:
        yield found
    finally:
        found.keystone.stop()


def _with(token: str, **more: str) -> dict[str, dict[str, str]]:
    return {'headers': {'X-Auth-Token': token, **more}}


def _member(site: Site) -> typing.Any:
    return next(iter(site.cloud.projects.values()))


@pytest.mark.parametrize('wanted', [{}, {'system_scope': 'all'}])
def test_an_administrator_may_do_everything(
    site: Site, wanted: dict[str, str]
) -> None:
    token = site.token(**wanted)
    answer = site.web().get('/allowed', **_with(token))
    assert answer.json() == [sorted(access.Rule), repr(scope.WholeCloud())]


def test_a_member_of_a_project_reads_that_project(site: Site) -> None:
    project = _member(site)
    token = site.token(project.user_name)
    answer = site.web().get('/allowed', **_with(token))
    assert answer.json() == [
        _READ_PROJECT,
        repr(scope.ProjectScope(project.project_id)),
    ]


@pytest.mark.parametrize(
    'token', [None, '', 'x', 'no token', '\xe9', 'x' * 9000]
)
def test_who_has_no_token_is_told_where_to_get_one(
    site: Site, token: str | None
) -> None:
    headers = {} if token is None else {'X-Auth-Token': token.encode('latin1')}
    answer = site.web().get('/allowed', headers=headers)
    assert answer.status_code == 401
    assert answer.headers['WWW-Authenticate'] == f'Keystone uri="{site.url}"'
    assert 'oken' in answer.json()['error']


def test_a_header_cannot_make_one_an_administrator(site: Site) -> None:
    token = site.token(_member(site).user_name)
    forged = {
        'X-Roles': 'admin',
        'X-Role': 'admin',
        'X-Identity-Status': 'Confirmed',
        'X-System-Scope': 'all',
        'OpenStack-System-Scope': 'all',
        'X-Is-Admin-Project': 'True',
    }
    rules, _ = site.web().get('/allowed', **_with(token, **forged)).json()
    assert rules == _READ_PROJECT
    answer = site.web().get('/allowed', headers=forged)
    assert answer.status_code == 401


def test_a_token_that_was_revoked_is_refused(site: Site) -> None:
    token = site.token()
    web = site.web()
    assert web.get('/allowed', **_with(token)).status_code == 200
    site.keystone.keystone.revoke_all()
    assert web.get('/allowed', **_with(token)).status_code == 401


def test_a_keystone_that_is_away_is_told(site: Site) -> None:
    token = site.token()
    web = site.web()
    site.keystone.stop()
    answer = web.get('/allowed', **_with(token))
    assert answer.status_code == 503
    assert 'ask again' in answer.json()['error']


def _with_strange_expiry(document: dict[str, typing.Any]) -> None:
    document['token']['expires_at'] = 'never'


@pytest.mark.parametrize(
    'spoil',
    [
        dict.clear,
        _with_strange_expiry,
        lambda document: document['token'].pop('user'),
        lambda document: document['token'].update(roles=7),
    ],
)
def test_a_keystone_that_answers_strangely_lets_nobody_in(
    site: Site, spoil: typing.Callable[[dict[str, typing.Any]], object]
) -> None:
    token = site.token()
    spoil(site.keystone.keystone._tokens[token].body)
    answer = site.web().get('/allowed', **_with(token))
    assert answer.status_code in (401, 503)
    assert answer.json()['error']


@pytest.mark.parametrize('status', [401, 403, 500, 503])
def test_a_keystone_that_fails_is_told(site: Site, status: int) -> None:
    token = site.token()
    web = site.web()
    site.keystone.faults.fail('auth/tokens', status, count=None)
    answer = web.get('/allowed', **_with(token))
    assert answer.status_code == 503
    assert 'ask again' in answer.json()['error']


@pytest.mark.parametrize('path', ['/ready', '/page/x'])
def test_what_tells_nothing_is_open_to_everybody(
    site: Site, path: str
) -> None:
    answer = site.web().get(path)
    assert answer.json() == [[], 'None']


def test_the_page_keeps_its_token_in_a_cookie(site: Site) -> None:
    cookie = {'Cookie': f'x=y; {gate.COOKIE}={site.token()}'}
    web = site.web()
    assert web.get('/allowed', headers=cookie).status_code == 200
    here = {**cookie, 'Origin': 'http://cdm.test:8780'}
    assert web.post('/act', headers=here).status_code == 200


def test_the_page_encodes_its_token(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of Keystone's ends with ``=`` where its length asks for that."""
    monkeypatch.setattr(secrets, 'token_urlsafe', lambda _=None: 'a-b_c==')
    assert site.token() == 'a-b_c=='
    cookie = {'Cookie': f'{gate.COOKIE}=a-b_c%3D%3D'}
    assert site.web().get('/allowed', headers=cookie).status_code == 200


@pytest.mark.parametrize('origin', ['http://evil.test', 'null'])
def test_with_a_cookie_another_site_may_not_act(
    site: Site, origin: str
) -> None:
    token = site.token()
    cookie = {'Cookie': f'{gate.COOKIE}={token}', 'Origin': origin}
    answer = site.web().post('/act', headers=cookie)
    assert answer.status_code == 403
    # Who can send the header is no other site.
    answer = site.web().post('/act', **_with(token, Origin=origin))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    'cookie',
    [
        'cdm_graph_token="\\012\\015X-Subject-Token: x"',
        'cdm_graph_token=',
        'cdm_graph_token',
        '=;;=',
        'x' * 5000,
    ],
)
def test_a_strange_cookie_is_no_token(site: Site, cookie: str) -> None:
    answer = site.web().get('/allowed', headers={'Cookie': cookie})
    assert answer.status_code == 401


def test_a_token_that_expires_ends_what_it_began(site: Site) -> None:
    token = site.token()
    found = site.keystone.keystone._tokens[token]
    soon = time.time() + 1.5
    found.body['token']['expires_at'] = time.strftime(
        '%Y-%m-%dT%H:%M:%S.000000Z', time.gmtime(soon)
    )
    web = site.web()
    began = time.monotonic()
    assert web.get('/stream', **_with(token)).text == 'one'
    assert time.monotonic() - began < 30


def test_what_was_not_answered_by_then_is_refused(site: Site) -> None:
    class Late:
        def time(self) -> float:
            # It expires within half a second.
            return site.clock.now + 3599.5

        monotonic = time

    application = applications.Starlette(
        routes=[routing.Route('/late', _late)]
    )
    web = testclient.TestClient(
        gate.Gate(
            application,
            tokens.Tokens(site.conf),
            policy.Policy(site.conf),
            typing.cast(typing.Any, Late()),
        )
    )
    answer = web.get('/late', **_with(site.token()))
    assert answer.status_code == 401
    assert 'expired' in answer.json()['error']


# -- the policy ---


def _write_policy(site: Site, text: str) -> None:
    (site.folder / 'policy.yaml').write_text(text)


def test_an_operator_may_allow_more(site: Site) -> None:
    _write_policy(site, '"cdm_graph:read": "role:member"\n')
    token = site.token(_member(site).user_name)
    rules, seen = site.web().get('/allowed', **_with(token)).json()
    assert access.Rule.READ in rules
    # The rules that refer to it follow.
    assert access.Rule.QUERY in rules
    assert access.Rule.SYNCHRONIZE not in rules
    assert seen == repr(scope.WholeCloud())


def test_an_operator_may_allow_less(site: Site) -> None:
    _write_policy(
        site, '"cdm_graph:read": "!"\n"cdm_graph:read:project": "!"\n'
    )
    rules, seen = site.web().get('/allowed', **_with(site.token())).json()
    assert rules == [access.Rule.REFRESH, access.Rule.SYNCHRONIZE]
    assert seen == 'None'


@pytest.mark.parametrize(
    'text',
    [
        'no: yaml: at: all',
        '- a list',
        '"cdm_graph:read": "rule:nothing"\n',
        '"cdm_graph:read": "rule:cdm_graph:query"\n',
    ],
)
def test_a_policy_that_cannot_be_used_is_told(site: Site, text: str) -> None:
    _write_policy(site, text)
    with pytest.raises(
        exceptions.ConfigurationError, match=r'\[oslo_policy\] policy_file'
    ):
        policy.Policy(site.conf)


def test_a_policy_that_becomes_wrong_lets_nobody_in(site: Site) -> None:
    _write_policy(site, '"cdm_graph:read": "!"\n')
    web, token = site.web(), _with(site.token())
    assert web.get('/allowed', **token).status_code == 200
    _write_policy(site, '- a list, and longer than it was before')
    answer = web.get('/allowed', **token)
    assert answer.status_code == 503
    assert 'policy' in answer.json()['error']
    _write_policy(site, '')
    assert web.get('/allowed', **token).status_code == 200


# -- the credentials ---


@pytest.mark.parametrize(
    ('line', 'words'),
    [
        ('', 'auth_type is not set'),
        ('auth_type = nonsense', 'nonsense'),
        ('auth_type = password', 'auth_url'),
    ],
)
def test_credentials_that_cannot_be_used_are_told(
    tmp_path: pathlib.Path, line: str, words: str
) -> None:
    path = tmp_path / 'conf'
    path.write_text(f'[keystone_authtoken]\n{line}\n')
    conf = support.configuration(tmp_path / 's')
    conf([], default_config_files=[str(path)])
    with pytest.raises(
        exceptions.ConfigurationError,
        match=rf'\[keystone_authtoken\].*{words}',
    ):
        tokens.Tokens(conf)

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

"""The page of a daemon that wants a token of Keystone."""

import collections.abc
import typing

from keystoneauth1 import identity
from keystoneauth1 import session
import pytest

from cdm_graph.simulation import process
from tests.web import browser as browsers
from tests.web import conftest
from tests.web import rig

#: What a browser says of what it is refused.
_REFUSED: typing.Final = ('status of 401', 'status of 403', 'status of 404')
NewWindow = collections.abc.Callable[..., browsers.Window]


@pytest.fixture(scope='module')
def guarded() -> collections.abc.Iterator[conftest.Cloud]:
    with rig.serving(hosts=6, instances=60, guarded=True) as served:
        yield served


def _token(cloud: process.Simulation, user: str, project: str) -> str:
    auth = identity.V3Password(
        cloud.auth_url,
        username=user,
        password=cloud.credentials['password'],
        project_name=project,
        user_domain_name='Default',
        project_domain_name='Default',
    )
    return str(auth.get_token(session.Session()))


def _let_in(window: browsers.Window, token: str) -> None:
    window.page.wait_for_selector('#token[open]')
    window.page.fill('#token-value', token)
    window.page.press('#token-value', 'Enter')


def _forgive(window: browsers.Window) -> None:
    window.complaints = [
        each
        for each in window.complaints
        if not any(sign in each for sign in _REFUSED)
    ]


def test_it_asks_for_a_token_and_goes_on_with_it(
    guarded: conftest.Cloud, new_window: NewWindow
) -> None:
    cloud, daemon = guarded
    window = new_window(daemon.url)
    window.page.wait_for_selector('#token[open]')
    assert 'oken' in window.page.inner_text('#token-why')
    assert window.violations() == []
    _let_in(window, 'nonsense')
    window.until_text('#token-why', 'does not know that token')
    _let_in(window, _token(cloud, 'admin', 'admin'))
    window.wait_for_the_cloud()
    assert window.ask('cdmGraph.cloud.hosts.length - 1') == 6
    assert not window.page.is_visible('#token')
    _forgive(window)
    # The stream of changes goes on with it as well.
    window.until_badge('live')


def test_who_is_of_a_project_sees_that(
    guarded: conftest.Cloud, new_window: NewWindow
) -> None:
    cloud, daemon = guarded
    project = next(iter(cloud.cloud.projects.values()))
    mine = [row.uuid for row in cloud.cloud.servers if row.project == project]
    window = new_window(daemon.url)
    _let_in(window, _token(cloud, project.user_name, project.name))
    window.wait_for_the_cloud()
    window.until_text('#map-empty', 'no hosts')
    window.find(mine[0])
    window.until_text('#detail', mine[0])
    assert 'hosted on' not in window.page.inner_text('#detail')
    theirs = next(
        row.uuid for row in cloud.cloud.servers if row.project != project
    )
    asked = f"fetch('elements/{theirs}').then((answer) => answer.status)"
    assert window.ask(asked) == 404
    assert window.ask("fetch('status').then((answer) => answer.status)") == 403
    _forgive(window)

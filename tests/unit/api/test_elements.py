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

import json
import typing

import pytest
from starlette import testclient

from cdm_graph import exceptions
from cdm_graph.api import access
from cdm_graph.api import app
from cdm_graph.model import live_model
from cdm_graph.model import root
from tests.support import elements

_NODE = elements.node(1, hostname='alpha', vcpus=8)
_OTHER = elements.node(2, hostname='beta', vcpus=16)
_SERVERS = [
    elements.hosted(number, _NODE, name=f'web-{number}', project_id='red')
    for number in (11, 12)
]


class _Service:
    def __init__(self) -> None:
        self.model = live_model.LiveModel([_NODE, _OTHER, *_SERVERS])
        self.ready = True

    def snapshot(self) -> root.ModelRoot:
        if not self.ready:
            raise exceptions.NotReady('Later.')
        return self.model.snapshot(read_only=True)


@pytest.fixture
def service() -> _Service:
    return _Service()


@pytest.fixture
def web(service: _Service) -> testclient.TestClient:
    main: typing.Any = service
    return testclient.TestClient(access.Trusting(app.build(main)))


def _labels(answer: typing.Any) -> list[str]:
    return [element['label'] for element in answer.json()['elements']]


def _where(conditions: object) -> dict[str, str]:
    return {'where': json.dumps(conditions)}


def test_who_asks_for_many_gives_way_to_others(
    web: testclient.TestClient, pauses: list[None]
) -> None:
    web.get('/elements', params={'kind': 'ComputeNode'})
    # Each that is looked at, and each row.
    assert len(pauses) == 4
    pauses.clear()
    nodes = web.get('/graph', params={'root': 'alpha'}).json()['nodes']
    assert len(pauses) == len(nodes) > 2


def test_elements_of_a_kind(
    web: testclient.TestClient, service: _Service
) -> None:
    answer = web.get('/elements', params={'kind': 'ComputeNode'})
    assert _labels(answer) == ['alpha', 'beta']
    assert answer.json()['sequence'] == service.model.sequence
    assert answer.json()['has_more'] is False


@pytest.mark.parametrize(
    ('text', 'labels'),
    [
        ('WEB-1', ['web-11', 'web-12']),
        ('web-12', ['web-12']),
        (_NODE.uuid[:8], ['alpha']),
        ('nothing', []),
    ],
)
def test_elements_by_a_text(
    web: testclient.TestClient, text: str, labels: list[str]
) -> None:
    assert _labels(web.get('/elements', params={'text': text})) == labels


def test_elements_of_a_project(web: testclient.TestClient) -> None:
    answer = web.get('/elements', params={'text': 'red', 'kind': 'Instance'})
    assert _labels(answer) == ['web-11', 'web-12']


def test_elements_on_conditions(web: testclient.TestClient) -> None:
    answer = web.get('/elements', params=_where({'vcpus': {'gt': 8}}))
    assert _labels(answer) == ['beta']


def test_no_more_than_are_asked_for(web: testclient.TestClient) -> None:
    answer = web.get('/elements', params={'kind': 'Instance', 'limit': '1'})
    assert _labels(answer) == ['web-11']
    assert answer.json()['has_more'] is True


@pytest.mark.parametrize('called', [_NODE.uuid, 'alpha'])
def test_an_element_with_its_relations(
    web: testclient.TestClient, called: str
) -> None:
    answer = web.get(f'/elements/{called}').json()
    assert answer['element']['hostname'] == 'alpha'
    assert {
        each['label']
        for each in answer['relations']
        if each['relation'] == 'HOSTED_ON'
    } == {'web-11', 'web-12'}


def test_an_id_may_have_a_slash(web: testclient.TestClient) -> None:
    answer = web.get('/elements/project/red').json()
    assert answer['element']['id'] == 'project/red'


def test_what_is_around_elements(web: testclient.TestClient) -> None:
    answer = web.get(
        '/graph',
        params={
            'root': ['alpha', 'beta'],
            'relation': 'HOSTED_ON',
            'depth': '2',
            'limit': '3',
        },
    ).json()
    labels = [node['label'] for node in answer['nodes']]
    assert labels[:2] == ['alpha', 'beta']
    assert labels[2:] in (['web-11'], ['web-12'])
    assert answer['more'] == {_NODE.uuid: 1}


@pytest.mark.parametrize(
    ('path', 'status', 'words'),
    [
        ('/elements?kind=x', 400, 'kind: there is no'),
        ('/elements?limit=0', 400, 'limit: '),
        ('/elements?limit=1000000', 400, 'limit: '),
        ('/elements?where=x', 400, 'where: it is no JSON'),
        ('/elements?where=[]', 400, 'where: it is no object'),
        ('/elements?where={"x":1}', 400, "attribute 'x'"),
        ('/elements/nothing', 404, "'nothing'"),
        ('/graph', 400, 'root: it has to be said'),
        ('/graph?root=nothing', 404, "'nothing'"),
        ('/graph?root=alpha&depth=11', 400, 'depth: '),
        ('/graph?root=alpha&relation=x', 400, 'relation: there is no'),
    ],
)
def test_a_mistake_is_told(
    web: testclient.TestClient, path: str, status: int, words: str
) -> None:
    answer = web.get(path)
    assert answer.status_code == status
    assert words in answer.json()['error']


def test_a_name_of_several_is_told(
    web: testclient.TestClient, service: _Service
) -> None:
    twin = elements.hosted(13, _NODE, name='web-11')
    service.model = live_model.LiveModel([_NODE, *_SERVERS, twin])
    answer = web.get('/elements/web-11')
    assert answer.status_code == 409
    assert twin.uuid in answer.json()['error']


def test_a_model_that_is_not_there_is_told(
    web: testclient.TestClient, service: _Service
) -> None:
    service.ready = False
    for path in ('/elements', '/elements/x', '/graph?root=x'):
        answer = web.get(path)
        assert (answer.status_code, answer.json()) == (
            503,
            {'error': 'Later.'},
        )


@pytest.mark.parametrize(
    ('method', 'path', 'status'),
    [
        ('GET', '/nothing', 404),
        ('GET', '/elements/%0Ax', 404),
        ('DELETE', '/elements', 405),
        ('GET', '/synchronize', 405),
    ],
)
def test_what_is_not_answered_is_told_in_json(
    web: testclient.TestClient, method: str, path: str, status: int
) -> None:
    answer = web.request(method, path)
    assert answer.status_code == status
    assert 'see /openapi.json' in answer.json()['error']

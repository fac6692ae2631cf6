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


import gzip
import importlib.resources
import re
import typing

import pytest
from starlette import testclient

from cdm_graph.api import app

_MOST_BYTES: typing.Final = 700_000
_FOLDER: typing.Final = importlib.resources.files('cdm_graph.api') / 'page'
_NAMES: typing.Final = sorted(
    each.name
    for each in _FOLDER.iterdir()
    if each.name.endswith(('.css', '.html', '.js', '.svg'))
)


@pytest.fixture(scope='module')
def client() -> testclient.TestClient:
    main: typing.Any = object()
    return testclient.TestClient(app.build(main))


def test_the_page_is_answered(client: testclient.TestClient) -> None:
    answer = client.get('/')
    assert answer.status_code == 200
    assert answer.headers['Content-Type'] == 'text/html; charset=utf-8'
    assert '<title>cdm-graph</title>' in answer.text


@pytest.mark.parametrize(
    ('name', 'media_type'),
    [
        ('main.js', 'text/javascript'),
        ('style.css', 'text/css'),
        ('icon.svg', 'image/svg+xml'),
    ],
)
def test_a_file_says_what_it_is(
    client: testclient.TestClient, name: str, media_type: str
) -> None:
    answer = client.get(f'/page/{name}')
    assert answer.headers['Content-Type'].partition(';')[0] == media_type
    assert answer.content == (_FOLDER / name).read_bytes()


@pytest.mark.parametrize('path', ['/', '/page/main.js'])
def test_only_what_the_page_is_made_of_runs_in_it(
    client: testclient.TestClient, path: str
) -> None:
    headers = client.get(path).headers
    policy = headers['Content-Security-Policy'].split('; ')
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any('unsafe' in each for each in policy)
    assert headers['X-Content-Type-Options'] == 'nosniff'


def test_what_a_browser_has_is_not_sent_again(
    client: testclient.TestClient,
) -> None:
    first = client.get('/page/main.js')
    assert first.headers['Cache-Control'] == 'no-cache'
    tag = first.headers['ETag']
    for known in (tag, f'W/{tag}', f'"other", {tag}'):
        again = client.get('/page/main.js', headers={'If-None-Match': known})
        assert again.status_code == 304
        assert again.content == b''
        assert again.headers['ETag'] == tag
    other = client.get('/page/main.js', headers={'If-None-Match': '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    'name', ['nothing.js', '..%2fapp.py', 'LICENSE.cytoscape', '%00']
)
def test_nothing_else_is_given_out(
    client: testclient.TestClient, name: str
) -> None:
    answer = client.get(f'/page/{name}')
    assert answer.status_code == 404


def test_all_that_a_file_refers_to_is_there() -> None:
    for name in _NAMES:
        if name == 'cytoscape.min.js':
            continue
        text = (_FOLDER / name).read_text()
        found = re.findall(r"(?:from|import\()\s*'\./([^']+)'", text)
        found += re.findall(r'(?:href|src)="page/([^"]+)"', text)
        assert set(found) <= set(_NAMES), name
        assert not re.search(r'https?://(?!www\.w3\.org)', text), name


def test_it_is_small() -> None:
    sizes = [
        len(gzip.compress((_FOLDER / name).read_bytes())) for name in _NAMES
    ]
    assert sum(sizes) < _MOST_BYTES


def test_the_questions_are_listed(client: testclient.TestClient) -> None:
    found = client.get('/queries').json()['queries']
    assert [each['name'] for each in found] == sorted(
        each['name'] for each in found
    )
    (radius,) = (each for each in found if each['name'] == 'blast-radius')
    host, region = radius['parameters']
    assert host == {
        'name': 'host',
        'type': 'string',
        'description': 'Name of the hypervisor.',
        'required': True,
        'default': None,
    }
    assert not region['required']
    assert radius['columns'][0]['name'] == 'region'
    assert radius['statement'].startswith('MATCH')

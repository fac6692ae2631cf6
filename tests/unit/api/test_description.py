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

import re
import typing

import openapi_spec_validator
import pytest
from starlette import routing
from starlette import testclient

from cdm_graph.api import app
from cdm_graph.export import elements
from cdm_graph.history import source
from cdm_graph.model import schema

_METHODS: typing.Final = frozenset({'get', 'post'})


@pytest.fixture(scope='module')
def application() -> typing.Any:
    main: typing.Any = object()
    return app.build(main)


@pytest.fixture(scope='module')
def document(application: typing.Any) -> dict[str, typing.Any]:
    answer = testclient.TestClient(application).get('/openapi.json')
    assert answer.headers['Content-Type'] == 'application/json'
    return typing.cast(dict[str, typing.Any], answer.json())


def test_it_is_as_the_standard_wants_it(
    document: dict[str, typing.Any],
) -> None:
    openapi_spec_validator.validate(document)


def test_it_has_all_that_is_answered_and_nothing_else(
    application: typing.Any, document: dict[str, typing.Any]
) -> None:
    answered = {
        (re.sub(r':path}', '}', route.path), method.lower())
        for route in application.routes
        if isinstance(route, routing.Route)
        for method in route.methods or ()
        if method.lower() in _METHODS
    }
    described = {
        (path, method)
        for path, methods in document['paths'].items()
        for method in methods
    }
    assert described == answered


def test_it_knows_the_kinds_and_relations_of_the_schema(
    document: dict[str, typing.Any],
) -> None:
    schemas = document['components']['schemas']
    assert schemas['Kind']['enum'] == list(schema.Kind)
    assert schemas['Relation']['enum'] == list(schema.Relation)


def test_it_knows_the_reasons_of_gaps(
    document: dict[str, typing.Any],
) -> None:
    gap = document['components']['schemas']['Gap']
    assert gap['properties']['reason']['enum'] == list(source.Reason)


def test_its_version_is_that_of_the_fields(
    document: dict[str, typing.Any],
) -> None:
    assert document['info']['version'] == str(elements.VERSION)

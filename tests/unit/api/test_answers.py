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

from cdm_graph.api import answers


@pytest.mark.parametrize(
    'content',
    [
        {'a': [1, 2.5, None, True, 'ö']},
        {'name': '\ud800'},
        {'count': 2**70},
        [],
    ],
)
def test_whatever_is_in_it_is_json(content: typing.Any) -> None:
    answer = answers.answer(content)
    assert answer.status_code == 200
    assert answer.headers['Content-Type'] == 'application/json'
    assert json.loads(bytes(answer.body)) == content


def test_an_error_is_a_sentence() -> None:
    answer = answers.error(404, 'No.', {'X-Mine': 'x'})
    assert answer.status_code == 404
    assert answer.headers['X-Mine'] == 'x'
    assert json.loads(bytes(answer.body)) == {'error': 'No.'}

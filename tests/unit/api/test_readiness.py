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
import pathlib
import typing

import pytest

from cdm_graph.api import readiness
from cdm_graph.model import freshness


def _status(
    state: str, *partial: str, error: str | None = None
) -> dict[str, typing.Any]:
    return {
        'state': state,
        'collectors': {
            'nova': {
                'state': state,
                'partial': list(partial),
                'health': {'last_error': error},
            }
        },
    }


@pytest.mark.parametrize(
    ('state', 'ready'),
    [
        (freshness.Readiness.NOT_READY, False),
        (freshness.Readiness.STALE, True),
        (freshness.Readiness.READY, True),
        (freshness.Readiness.PARTIAL, True),
    ],
)
def test_what_is_served_is_ready(
    state: freshness.Readiness, ready: bool
) -> None:
    verdict = readiness.judge(_status(state.value))
    assert verdict.ready is ready
    assert verdict.state == state.value
    assert verdict.collectors['nova'].ready is ready


def test_it_is_told_why_there_is_no_model() -> None:
    verdict = readiness.judge(_status('not ready', error='It is away.'))
    assert verdict.collectors['nova'].reasons == (
        'The model is being filled for the first time.',
        'The last attempt failed: It is away.',
    )


def test_a_ready_model_needs_no_reason() -> None:
    # The last good model stays in service whatever failed since.
    verdict = readiness.judge(_status('ready', error='It is away.'))
    assert verdict.collectors['nova'].reasons == ()


def test_it_is_told_what_a_model_lacks() -> None:
    verdict = readiness.judge(_status('partial', 'a cell is down'))
    assert verdict.collectors['nova'].reasons == ('a cell is down',)
    verdict = readiness.judge(_status('stale'))
    [reason] = verdict.collectors['nova'].reasons
    assert 'the last run' in reason


def test_one_model_that_is_not_ready_is_enough() -> None:
    status = _status('ready')
    status['collectors'] |= {
        'cinder': _status('not ready')['collectors']['nova']
    }
    status['state'] = 'not ready'
    verdict = readiness.judge(status)
    assert not verdict.ready
    assert verdict.collectors['nova'].ready
    assert not verdict.collectors['cinder'].ready


def test_the_description_of_the_api_knows_the_states() -> None:
    path = pathlib.Path(readiness.__file__).with_name('openapi.json')
    schemas = json.loads(path.read_text())['components']['schemas']
    told = schemas['Readiness']['properties']
    model = told['collectors']['additionalProperties']['properties']
    for state in (told['state'], model['state']):
        assert state['enum'] == [each.value for each in freshness.Readiness]

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

"""What differs between a model and the truth."""

import collections.abc

from cdm_graph.cmd import comparison
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.simulation import truth as truths

_NODE = '5bfbfd3c-0000-4000-8000-000000000001'


def _model(**changes: object) -> live_model.LiveModel:
    facts: dict[str, object] = {
        'uuid': _NODE,
        'hostname': 'one',
        'service_host': 'one',
        **changes,
    }
    return live_model.LiveModel([schema.ComputeNode(**facts)])


def _truth(model: live_model.LiveModel) -> truths.Truth:
    """Return the truth of which a model is the image."""
    return truths.Truth(
        {
            vertex: dict(attributes)
            for vertex, attributes in model.graph.nodes.items()
        },
        {
            (source, attributes['relation'], target)
            for (source, target), attributes in model.graph.edges.items()
        },
    )


def _words(
    found: collections.abc.Iterable[comparison.Difference],
) -> list[str]:
    return list(map(str, found))


def test_a_model_equals_its_own_image() -> None:
    model = _model()
    assert comparison.differences(model, _truth(model)) == []


def test_an_attribute_that_differs_is_told() -> None:
    truth = _truth(_model(vcpus=8))
    assert _words(comparison.differences(_model(vcpus=4), truth)) == [
        f'ComputeNode {_NODE} vcpus: model 4, truth 8'
    ]


def test_the_usage_is_left_out() -> None:
    truth = _truth(_model(vcpus_used=8))
    assert comparison.differences(_model(vcpus_used=4), truth) == []


def test_elements_and_relations_are_missed_on_both_sides() -> None:
    model = _model()
    empty = truths.Truth({}, set())
    too_much = _words(comparison.differences(model, empty))
    assert any(
        each.startswith(f'{_NODE}: ') and each.endswith('truth None')
        for each in too_much
    )
    assert (
        f"{_NODE} IN_ZONE zone/nova: model 'there', truth 'missing'"
        in too_much
    )
    missing = _words(
        comparison.differences(live_model.LiveModel(), _truth(model))
    )
    assert len(missing) == len(too_much) == 3
    assert (
        f"{_NODE} IN_ZONE zone/nova: model 'missing', truth 'there'" in missing
    )

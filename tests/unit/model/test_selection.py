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

import typing

import pytest

from cdm_graph.model import change
from cdm_graph.model import schema
from cdm_graph.model import selection as selections
from tests.support import elements

_NODE = elements.node(1, hostname='alpha', service_host='east')
_INSTANCE = elements.hosted(11, _NODE, name='web', project_id='red')
_ELSEWHERE = schema.replace(_INSTANCE, node='beta', host='west')
_OTHER = elements.hosted(12, _NODE, name='db', project_id='blue')


def _change(
    before: schema.Element | None, after: schema.Element | None
) -> change.Change:
    element = after or before
    assert element is not None
    return change.Change(1, schema.key_of(element), before, after)


_CAME = _change(None, _INSTANCE)
_LEFT = _change(_INSTANCE, _ELSEWHERE)
_STARTED = _change(_OTHER, schema.replace(_OTHER, task_state='rebooting'))
_GONE = _change(_NODE, None)
_GROWN = _change(None, elements.flavor('small'))


def test_without_a_choice_all_are_taken() -> None:
    for each in (_CAME, _LEFT, _STARTED, _GONE, _GROWN):
        assert selections.Selection().takes(each)


@pytest.mark.parametrize(
    ('wanted', 'taken'),
    [
        ({'kinds': frozenset({schema.Kind.COMPUTE_NODE})}, [_GONE]),
        ({'element': 'web'}, [_CAME, _LEFT]),
        ({'element': elements.uuid(11)}, [_CAME, _LEFT]),
        ({'element': 'alpha'}, [_GONE]),
        ({'element': 'east'}, [_GONE]),
        ({'element': 'small'}, [_GROWN]),
        ({'element': 'flavor/small'}, [_GROWN]),
        ({'element': 'nonsense'}, []),
        # It is a kind, and nothing is called so.
        ({'element': 'Instance'}, []),
        ({'project': 'red'}, [_CAME, _LEFT]),
        ({'host': 'beta'}, [_LEFT]),
        ({'host': 'alpha'}, [_CAME, _LEFT, _STARTED, _GONE]),
        ({'host': 'east', 'project': 'blue'}, [_STARTED]),
        ({'host': 'beta', 'project': 'blue'}, []),
    ],
)
def test_all_that_is_told_has_to_hold(
    wanted: dict[str, typing.Any], taken: list[change.Change]
) -> None:
    selection = selections.Selection(**wanted)
    several = (_CAME, _LEFT, _STARTED, _GONE, _GROWN)
    assert list(filter(selection.takes, several)) == taken
    assert [
        each
        for each in several
        if selections.terms_of(each).issuperset(selection.terms)
        and (not selection.kinds or each.key.kind in selection.kinds)
    ] == taken


@pytest.mark.parametrize(
    ('element', 'name'),
    [
        (_INSTANCE, 'web'),
        (_NODE, 'alpha'),
        (schema.replace(_INSTANCE, name=''), elements.uuid(11)),
        (elements.flavor('small'), 'small'),
    ],
)
def test_an_element_is_called_what_people_call_it(
    element: schema.Element, name: str
) -> None:
    assert selections.name_of(element) == name

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

from cdm_graph.model import change
from cdm_graph.model import net
from cdm_graph.model import schema
from tests.support import elements

_A = elements.instance(11, name='a')
_B = elements.instance(11, name='b')
_C = elements.instance(11, name='c')
_TO_ONE = change.Edge('i', schema.Relation.HOSTED_ON, 'one')
_TO_TWO = change.Edge('i', schema.Relation.HOSTED_ON, 'two')


def _change(
    before: schema.Element | None,
    after: schema.Element | None,
    **more: typing.Any,
) -> change.Change:
    element = before or after
    assert element is not None
    return change.Change(1, schema.key_of(element), before, after)._replace(
        **more
    )


def _net(*changes: change.Change) -> list[change.Change]:
    """Return what changes come to, told in their order."""
    return list(net.net(reversed(changes)))


def test_several_changes_of_an_element_are_one() -> None:
    last = change.Cause('last')
    (total,) = _net(
        _change(_A, _B, sequence=1), _change(_B, _C, sequence=2, cause=last)
    )
    assert (total.before, total.after) == (_A, _C)
    assert (total.sequence, total.cause) == (2, last)


def test_what_came_and_went_is_none() -> None:
    assert _net(_change(None, _A), _change(_A, _B), _change(_B, None)) == []


def test_what_is_again_as_it_was_is_none() -> None:
    assert (
        _net(
            _change(_A, _B, related=(_TO_TWO,), unrelated=(_TO_ONE,)),
            _change(_B, _A, related=(_TO_ONE,), unrelated=(_TO_TWO,)),
        )
        == []
    )
    assert _net(_change(_A, None), _change(None, _A)) == []


def test_relations_count_too() -> None:
    (total,) = _net(_change(_A, _A, related=(_TO_TWO,), unrelated=(_TO_ONE,)))
    assert (total.related, total.unrelated) == ((_TO_TWO,), (_TO_ONE,))
    (total,) = _net(
        _change(_A, _A, related=(_TO_ONE,)),
        _change(_A, _A, unrelated=(_TO_ONE,)),
        _change(_A, _A, related=(_TO_TWO,)),
    )
    assert (total.related, total.unrelated) == ((_TO_TWO,), ())


def test_a_relation_that_came_twice_is_one() -> None:
    """Between two runs of a daemon something may have been missed."""
    (total,) = _net(
        _change(_A, _B, related=(_TO_ONE,)),
        _change(_A, _B, related=(_TO_ONE,)),
    )
    assert total.related == (_TO_ONE,)


def test_what_is_gone_has_no_relations() -> None:
    """Also where it was missed that they went."""
    assert _net(_change(None, _A, related=(_TO_ONE,)), _change(_A, None)) == []


def test_elements_are_told_apart() -> None:
    other = elements.flavor('small')
    totals = _net(_change(None, other), _change(None, _A))
    assert {total.key for total in totals} == {
        schema.key_of(other),
        schema.key_of(_A),
    }

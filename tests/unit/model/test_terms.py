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

import copy
import json
import pickle
import typing

import pytest

from cdm_graph.model import terms


class _Colour(terms.Term):
    RED: typing.ClassVar['_Colour'] = terms._word('Red')


def test_a_word_is_one_object() -> None:
    red = _Colour.RED
    assert _Colour('Red') is red
    assert _Colour.declare('Red') is red
    assert copy.deepcopy(red) is red
    assert pickle.loads(pickle.dumps(terms.Kind.PORT)) is terms.Kind.PORT


def test_a_word_is_a_string() -> None:
    assert json.dumps({_Colour.RED: _Colour.RED}) == '{"Red": "Red"}'
    assert type(_Colour.RED.value) is str
    assert {'Red': 1}[_Colour.RED] == 1


def test_words_are_added_and_listed_in_their_order() -> None:
    blue = _Colour.declare('Blue')
    assert list(_Colour) == ['Red', 'Blue']
    assert list(_Colour)[1] is blue
    assert len(_Colour) == 2
    assert 'Blue' in _Colour
    assert 'Blue' not in terms.Kind


def test_a_word_that_nobody_declared_is_none() -> None:
    with pytest.raises(ValueError, match="'Green' is no _Colour; there are:"):
        _Colour('Green')

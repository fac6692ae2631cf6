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
import datetime
import pickle
import typing

import pydantic
import pytest

from cdm_graph.model import fields
from tests.support import elements


@pytest.mark.parametrize(
    'text',
    [
        '2026-11-22T16:15:11Z',
        '2026-11-22T16:15:11',
        '2026-11-22T17:15:11+01:00',
        '2026-11-22T16:15:11.999999',
    ],
)
def test_moments_are_utc_in_whole_seconds(text: str) -> None:
    instance = elements.instance(1, updated_at=text)
    assert instance.updated_at == datetime.datetime(
        2026, 11, 22, 16, 15, 11, tzinfo=datetime.UTC
    )
    assert instance.updated_at.tzinfo is datetime.UTC


@pytest.mark.parametrize(
    'change',
    [
        lambda strings: strings.__setitem__('a', 'c'),
        lambda strings: strings.__delitem__('a'),
        lambda strings: strings.update(a='c'),
        lambda strings: strings.pop('a'),
        lambda strings: strings.popitem(),
        lambda strings: strings.setdefault('b', 'c'),
        lambda strings: strings.clear(),
        lambda strings: strings.__ior__({'b': 'c'}),
    ],
)
def test_mappings_of_elements_are_read_only(
    change: typing.Callable[[dict[str, str]], object],
) -> None:
    metadata = elements.instance(1, metadata={'a': 'b'}).metadata
    with pytest.raises(TypeError, match='read-only'):
        change(metadata)
    assert metadata == {'a': 'b'}


def test_mappings_of_elements_are_not_those_that_came_in() -> None:
    given = {'a': 'b'}
    instance = elements.instance(1, metadata=given)
    given['a'] = 'c'
    assert instance.metadata == {'a': 'b'}


def test_a_copy_of_a_mapping_may_be_changed() -> None:
    strings = fields.Strings(a='b')
    copied = strings.copy()
    copied['a'] = 'c'
    assert strings == {'a': 'b'}
    assert strings | {'d': 'e'} == {'a': 'b', 'd': 'e'}


def test_mappings_of_elements_can_be_copied_and_pickled() -> None:
    strings = fields.Strings(a='b')
    assert copy.copy(strings) is strings
    assert copy.deepcopy(strings) is strings
    loaded = pickle.loads(pickle.dumps(strings))
    assert loaded == strings
    assert type(loaded) is fields.Strings


@pytest.mark.parametrize(
    ('text', 'moment'),
    [
        ('2026-11-25T01:02:03Z', '2026-11-25T01:02:03+00:00'),
        ('2026-11-25T01:02:03.999999', '2026-11-25T01:02:03+00:00'),
        ('2026-11-25T01:02:03+02:00', '2026-11-24T23:02:03+00:00'),
    ],
)
def test_a_moment_is_read_in_utc_to_the_second(text: str, moment: str) -> None:
    read = fields.read_moment(text)
    assert isinstance(read, datetime.datetime)
    assert read.isoformat() == moment
    assert read.tzinfo is datetime.UTC


@pytest.mark.parametrize(
    'odd', [None, 7, 'soon', '0001-01-01T00:00:00+23:00', ['x']]
)
def test_what_is_no_moment_is_left_as_it_is(odd: object) -> None:
    assert fields.read_moment(odd) is odd


def test_large_mappings_are_not_kept_to_be_shared() -> None:
    """They would stay when all that have them are gone."""
    many = {str(number): 'x' for number in range(100)}
    one, other = (elements.instance(n, metadata=many) for n in (1, 2))
    assert one.metadata == other.metadata == many
    assert one.metadata is not other.metadata
    one, other = (elements.instance(n, metadata={'a': 'b'}) for n in (1, 2))
    assert one.metadata is other.metadata


@pytest.mark.parametrize(
    'facts',
    [
        {'project_id': '\ud800'},
        {'ports': ('\ud800',)},
        {'volumes': ('\ud800',)},
        {'shares': ('\ud800',)},
    ],
)
def test_what_can_be_no_key_is_no_reference(
    facts: dict[str, typing.Any],
) -> None:
    """It would fail amid a commit, and take the other mutations with it."""
    with pytest.raises(pydantic.ValidationError):
        elements.instance(1, **facts)


def test_elements_do_not_share_a_default() -> None:
    assert elements.instance(1).metadata == {}
    assert isinstance(elements.instance(1).extra_specs, fields.Strings)

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

from cdm_graph.model import change
from cdm_graph.model import schema
from cdm_graph.store import backlog
from tests.support import clock as clocks
from tests.support import elements

_NODE = elements.node(1)
_KEY = schema.key_of(_NODE)
_EDGE = change.Edge(_KEY.vertex, schema.Relation.IN_ZONE, 'zone/nova')


def _changed(
    related: tuple[change.Edge, ...] = (),
    unrelated: tuple[change.Edge, ...] = (),
    before: schema.Element | None = _NODE,
) -> change.Change:
    return change.Change(1, _KEY, before, _NODE, related, unrelated)


def test_an_element_is_noted_once_however_often_it_changes(
    clock: clocks.FakeClock,
) -> None:
    noted = backlog.Backlog(clock.monotonic)
    for _ in range(5):
        noted.note([_changed(), _changed()])
    assert len(noted) == 1
    assert noted.take().keys == {_KEY: False}
    assert len(noted) == 0


def test_relations_are_noted_until_they_are_taken(
    clock: clocks.FakeClock,
) -> None:
    for first in (
        _changed(related=(_EDGE,)),
        _changed(unrelated=(_EDGE,)),
        _changed(before=None),
    ):
        noted = backlog.Backlog(clock.monotonic)
        noted.note([first])
        noted.note([_changed()])
        assert noted.take().keys == {_KEY: True}
        noted.note([_changed()])
        assert noted.take().keys == {_KEY: False}


def test_it_tells_since_when_the_oldest_waits(clock: clocks.FakeClock) -> None:
    noted = backlog.Backlog(clock.monotonic)
    assert noted.since is None
    noted.note([_changed()])
    began = clock.monotonic()
    clock.advance(5)
    noted.note([_changed()])
    assert noted.since == began
    taken = noted.take()
    assert (taken.since, noted.since) == (began, None)
    clock.advance(5)
    noted.note([_changed()])
    assert noted.since == began + 10
    noted.put_back(taken)
    assert noted.since == began


def test_what_is_put_back_is_joined_with_what_came_since(
    clock: clocks.FakeClock,
) -> None:
    noted = backlog.Backlog(clock.monotonic)
    other = elements.node(2)
    noted.note([_changed(related=(_EDGE,))])
    taken = noted.take()
    noted.note([_changed()])
    noted.note([change.Change(2, schema.key_of(other), other, other)])
    noted.put_back(taken)
    assert noted.take().keys == {_KEY: True, schema.key_of(other): False}


def test_nothing_put_back_is_nothing(clock: clocks.FakeClock) -> None:
    noted = backlog.Backlog(clock.monotonic)
    noted.put_back(noted.take())
    assert (len(noted), noted.since) == (0, None)

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


import dataclasses
import json
import sqlite3
import typing

from hypothesis import given
from hypothesis import strategies as st
import pytest

from cdm_graph.history import encoding
from cdm_graph.model import change
from cdm_graph.model import change_log
from cdm_graph.model import schema
from tests.support import elements
from tests.support import oracle

_ANY_TEXT: typing.Final = st.text(st.characters(codec=None))
_NODE: typing.Final = elements.node(1)


def _entry(
    before: schema.Element | None,
    after: schema.Element | None,
    **more: typing.Any,
) -> change_log.Entry:
    element = after or before
    assert element is not None
    each = change.Change(
        2**40, schema.key_of(element), before, after
    )._replace(**more)
    return change_log.Entry(1_700_000_000.123456, each, 'run')


def _stored(row: encoding.Row) -> encoding.Row:
    """Return a row as a database gives it back."""
    places = ', '.join('?' * len(row))
    found = sqlite3.connect(':memory:').execute(f'SELECT {places}', row)
    return encoding.Row(*found.fetchone())


@given(
    before=st.none() | oracle.any_element,
    after=oracle.any_element,
    what=_ANY_TEXT,
    request_id=st.none() | _ANY_TEXT,
    target=_ANY_TEXT,
)
def test_what_is_read_is_what_was_written(
    before: schema.Element | None,
    after: schema.Element,
    what: str,
    request_id: str | None,
    target: str,
) -> None:
    if before is not None and before.kind is not after.kind:
        before = None
    entry = _entry(
        before,
        after,
        cause=change.Cause(what, request_id),
        related=(change.Edge('a', schema.Relation.IN_ZONE, target),),
    )
    assert (
        encoding.Decoder().entry(_stored(encoding.row(entry)), 'run') == entry
    )


@pytest.mark.parametrize(
    'element',
    [
        schema.implied_element(schema.ElementKey(kind, 'x'))
        for kind in sorted(schema.IMPLIED_KINDS)
    ],
    ids=lambda element: element.kind,
)
def test_what_exists_since_it_is_referred_to_is_read(
    element: schema.Element,
) -> None:
    for entry in (_entry(None, element), _entry(element, None)):
        assert encoding.Decoder().entry(encoding.row(entry), 'run') == entry


def test_all_fields_are_kept() -> None:
    instance = elements.instance(
        11,
        name='\udc80\x00ö',
        metadata={'a': 'b', '\udc80': ''},
        tags=('x', 'y'),
        ports=('p',),
        volumes=('v',),
        shares=(),
        locked=True,
        task_state=None,
        created_at=elements.moment(5),
        vcpus=2**70,
    )
    entry = encoding.Decoder().entry(
        encoding.row(_entry(None, instance)), 'run'
    )
    after = entry.change.after
    assert isinstance(after, schema.Instance)
    assert dataclasses.asdict(after) == dataclasses.asdict(instance)


def test_what_was_read_already_is_not_read_again() -> None:
    other = schema.replace(_NODE, vcpus=1)
    decoder = encoding.Decoder()
    later = decoder.entry(encoding.row(_entry(other, None)), 'run').change
    earlier = decoder.entry(encoding.row(_entry(_NODE, other)), 'run').change
    assert earlier.after is later.before
    assert (earlier.before, earlier.after) == (_NODE, other)


def test_a_field_of_a_newer_release_is_left_out() -> None:
    row = encoding.row(_entry(None, _NODE))
    assert row.after is not None
    newer = json.dumps({**json.loads(row.after), 'colour': 'blue'})
    entry = encoding.Decoder().entry(row._replace(after=newer), 'run')
    assert entry.change.after == _NODE


@pytest.mark.parametrize(
    'damage',
    [
        {'kind': 'Nonsense'},
        {'after': '{'},
        {'after': '{}'},
        {'related': '[[1]]'},
        {'related': '[["a", "NONSENSE", "b"]]'},
    ],
    ids=str,
)
def test_what_is_no_change_is_refused(damage: dict[str, typing.Any]) -> None:
    row = encoding.row(_entry(None, _NODE))._replace(**damage)
    with pytest.raises(ValueError, match=r'.'):
        encoding.Decoder().entry(row, 'run')

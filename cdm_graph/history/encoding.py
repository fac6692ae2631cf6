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


"""Changes as rows of a database in a file, and back.

An element is an object of JSON with all its fields but those that are none.
Text that is no Unicode (a lone surrogate) is escaped in JSON, and is bytes
elsewhere: such a database holds no such text.
"""

import json
import typing

from cdm_graph.export import values
from cdm_graph.model import change
from cdm_graph.model import change_log
from cdm_graph.model import declaration
from cdm_graph.model import schema

Text = str | bytes
_FIELDS: typing.Final = {
    kind: declaration.field_names(cls)
    for kind, cls in schema.ELEMENT_CLASSES.items()
}


class Row(typing.NamedTuple):
    """A change, in the order of the columns of the table of changes."""

    sequence: int
    at: float
    kind: str
    key: Text
    before: str | None
    after: str | None
    related: str
    unrelated: str
    cause: Text
    request_id: Text | None


def row(entry: change_log.Entry) -> Row:
    """Return a change as it is kept."""
    each = entry.change
    request_id = each.cause.request_id
    return Row(
        each.sequence,
        entry.at,
        each.key.kind.value,
        text(each.key.key),
        _element(each.before),
        _element(each.after),
        json.dumps(each.related),
        json.dumps(each.unrelated),
        text(each.cause.what),
        None if request_id is None else text(request_id),
    )


class Decoder:
    """Reads changes that follow each other, the latest first.

    What one of them led to is what the next began with, and is read once.
    """

    def __init__(self) -> None:
        self._known: dict[schema.ElementKey, tuple[str, schema.Element]] = {}

    def entry(self, kept: Row, run: str) -> change_log.Entry:
        """Return a change as it was.

        :param run: the epoch of the log that it was noted in
        :raises ValueError: if the row is none of this release
        """
        key = schema.ElementKey(schema.Kind(kept.kind), _read_text(kept.key))
        request_id = kept.request_id
        cause = change.Cause(
            _read_text(kept.cause),
            None if request_id is None else _read_text(request_id),
        )
        after = self._element(key, kept.after)
        before = self._element(key, kept.before)
        return change_log.Entry(
            kept.at,
            change.Change(
                kept.sequence,
                key,
                before,
                after,
                _read_edges(kept.related),
                _read_edges(kept.unrelated),
                cause,
            ),
            run,
        )

    def _element(
        self, key: schema.ElementKey, said: str | None
    ) -> schema.Element | None:
        if said is None:
            return None
        known_as, element = self._known.get(key, (None, None))
        if element is None or known_as != said:
            element = _read_element(key, said)
            self._known[key] = said, element
        return element


def text(value: str) -> Text:
    """Return a text as a column holds it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode(errors='surrogatepass')
    return value


def _read_text(value: Text) -> str:
    if isinstance(value, bytes):
        return value.decode(errors='surrogatepass')
    return value


def _element(element: schema.Element | None) -> str | None:
    if element is None:
        return None
    return json.dumps(
        {
            name: values.plain(value)
            for name in _FIELDS[element.kind]
            if (value := getattr(element, name)) is not None
        }
    )


def _read_element(key: schema.ElementKey, said: str) -> schema.Element:
    if key.kind in schema.BARE_KINDS:
        return schema.implied_element(key)
    told = json.loads(said)
    # A field of a newer release is left out.
    return schema.ELEMENT_CLASSES[key.kind](
        **{name: told[name] for name in _FIELDS[key.kind] if name in told}
    )


def _read_edges(said: str) -> tuple[change.Edge, ...]:
    return tuple(
        change.Edge(source, schema.Relation(relation), target)
        for source, relation, target in json.loads(said)
    )

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

"""GraphML, piece by piece: what networkx, igraph and Gephi read.

Keys are typed and named as the attributes of the schema; their order and
names are the same in each file, whatever is in the model.  Nothing that
GraphML cannot hold raises: mappings and sequences become JSON in a string,
moments ISO 8601, characters that XML does not know become U+FFFD, and an
attribute that is none is left out.

Specification: http://graphml.graphdrawing.org/specification.html
"""

import collections.abc
import datetime
import re
import typing
from xml.sax import saxutils

from cdm_graph.export import values
from cdm_graph.model import fields
from cdm_graph.model import root
from cdm_graph.model import schema

_Attributes = collections.abc.Mapping[str, typing.Any]
_Write = collections.abc.Callable[[typing.Any], typing.Any]
_HEAD: typing.Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns'
    ' http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)
#: What XML 1.0 does not allow in a document (section 2.2).
_ILLEGAL: typing.Final = re.compile(
    '[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]'
)
#: What has to be written in another way within an element, and within a
#: value of an attribute (section 2.4).
_SPECIAL: typing.Final = re.compile(
    "[^\t\n\u0020-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_SPECIAL_QUOTED: typing.Final = re.compile(
    "[^ !#-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_QUOTES: typing.Final = {
    '"': '&quot;',
    '\t': '&#9;',
    '\n': '&#10;',
    '\r': '&#13;',
}
#: The classes of values that are written as they are.
_CLASSES: typing.Final[dict[str | None, type]] = {
    'boolean': bool,
    'long': int,
    'double': float,
}
_LARGEST_LONG: typing.Final = 2**63
#: Values of a key whose texts are kept.
_KEPT: typing.Final = 2000
#: How an attribute without any value is written.
_EMPTY: typing.Final[dict[type, str]] = {fields.Strings: '{}', tuple: '[]'}


class _Column(dict[str | int, str]):
    """The elements for the values of one key; those of some are kept.

    Hosts, projects, sizes and states come again and again.
    """

    __slots__ = ('opening',)

    def __init__(self, opening: str) -> None:
        super().__init__()
        self.opening = opening

    def __bool__(self) -> bool:
        return True

    def __missing__(self, value: str | int) -> str:
        text = self.text(value)
        if len(self) < _KEPT:
            self[value] = text
        return text

    def text(self, value: typing.Any) -> str:
        """Return the element for a value."""
        return f'{self.opening}{_text(value)}</data>'

    def writer(self, attribute: schema.Attribute) -> _Write:
        """Return what returns the element for any value of an attribute."""
        held = attribute.types
        if held == {bool}:
            return {each: self.text(each) for each in (False, True)}.get
        if float in held:
            return self.text
        if datetime.datetime in held:
            opening, moment = self.opening, values.moment
            return lambda value: f'{opening}{moment(value)}</data>'
        if held & {dict, tuple}:
            text, nothing = (
                self.text,
                {cls: self.text(cls()) for cls in _EMPTY},
            )
            return lambda value: (
                text(value) if value else nothing[value.__class__]
            )
        return self.__getitem__


class _Plan(typing.NamedTuple):
    """How the elements of a kind are written."""

    kind: str
    writers: tuple[_Write, ...]


class _Quoted(dict[typing.Any, str]):
    """Values of attributes, quoted; some are kept, as most edges share one."""

    __slots__ = ()

    def __missing__(self, value: typing.Any) -> str:
        text = _quoted(value)
        if len(self) < _KEPT:
            self[value] = text
        return text


class _Keys:
    """The declared keys of one domain: graph, node or edge."""

    def __init__(self, domain: str) -> None:
        self._domain = domain
        self._types: dict[str, str] = {}
        self._columns: dict[typing.Any, _Column] = {}
        self._plans: dict[schema.Kind, _Plan] = {}

    def declare(self, name: str, type_: str) -> None:
        """Declare a key; one that has two types becomes a string."""
        known = self._types.setdefault(name, type_)
        if known != type_:
            self._types[name] = 'string'

    def fits(self, name: str, value: typing.Any) -> bool:
        """Return whether a value can be written as its key is declared."""
        type_ = self._types.get(name)
        return type_ == 'string' or _CLASSES.get(type_) is type(value)

    def elements(self) -> collections.abc.Iterator[str]:
        for name, type_ in self._types.items():
            yield (
                f'<key id={_quoted(self._id(name))} for="{self._domain}"'
                f' attr.name={_quoted(name)} attr.type="{type_}"/>\n'
            )

    def data(self, attributes: _Attributes) -> str:
        """Return the attributes of one element of the document."""
        columns = self._columns
        texts = []
        for name, value in attributes.items():
            if value is not None:
                column = columns.get(name) or self._column(name)
                cls = value.__class__
                texts.append(
                    column[value]
                    if cls is str or cls is int
                    else column.text(value)
                )
        return ''.join(texts)

    def element_data(self, element: schema.Element) -> str:
        """Return the attributes of an element of the model."""
        kind = element.kind
        plan = self._plans.get(kind) or self._plan(kind)
        texts = [plan.kind]
        texts += [
            write(value)
            for write, value in zip(
                plan.writers, schema.values_of(element), strict=True
            )
            if value is not None
        ]
        return ''.join(texts)

    def _plan(self, kind: schema.Kind) -> '_Plan':
        plan = _Plan(
            self._column('kind').text(kind.value),
            tuple(
                self._column(each.name).writer(each)
                for each in schema.ATTRIBUTES[kind]
            ),
        )
        self._plans[kind] = plan
        return plan

    def _column(self, name: typing.Any) -> _Column:
        column = _Column(f'<data key={_quoted(self._id(str(name)))}>')
        self._columns[name] = column
        return column

    def _id(self, name: str) -> str:
        return name if self._domain == 'node' else f'{self._domain}.{name}'


def chunks(model: root.ModelRoot) -> collections.abc.Iterator[str]:
    """Yield the document of a snapshot, one line or element at a time.

    The model must not change meanwhile.
    """
    graph = model.graph
    about = values.about(model)
    graph_keys, node_keys, edge_keys = map(_Keys, ('graph', 'node', 'edge'))
    for name in about:
        graph_keys.declare(name, 'long' if name == 'sequence' else 'string')
    _declare_schema(node_keys)
    edge_keys.declare('relation', 'string')
    for attributes in graph.own_attributes_of_vertices():
        _declare(node_keys, attributes)
    for attributes in graph.own_attributes_of_edges():
        _declare(edge_keys, attributes)
    yield _HEAD
    for keys in (graph_keys, node_keys, edge_keys):
        yield from keys.elements()
    yield '<graph edgedefault="directed">\n'
    yield graph_keys.data(about) + '\n'
    for vertex, shown in graph.each_shown():
        data = (
            node_keys.data(shown)
            if isinstance(shown, dict)
            else node_keys.element_data(shown)
        )
        yield f'<node id={_quoted(vertex)}>{data}</node>\n'
    targets = _Quoted()
    # Edges that follow each other mostly share one and the same dict.
    last, data = None, ''
    for source, target, attributes in graph.each_edge():
        if attributes is not last:
            last, data = attributes, edge_keys.data(attributes)
        yield (
            f'<edge source={_quoted(source)} target={targets[target]}>'
            f'{data}</edge>\n'
        )
    yield '</graph>\n</graphml>\n'


def _declare_schema(keys: _Keys) -> None:
    keys.declare('kind', 'string')
    for attributes in schema.ATTRIBUTES.values():
        for attribute in attributes:
            keys.declare(attribute.name, _type_of(attribute))


def _declare(keys: _Keys, attributes: _Attributes) -> None:
    """Declare what a caller put into its snapshot, by what it holds."""
    for name, value in attributes.items():
        plain = None if keys.fits(name, value) else values.scalar(value)
        if plain is not None:
            keys.declare(str(name), _type_of_value(plain))


def _type_of(attribute: schema.Attribute) -> str:
    """Return the type of a key that may hold values of an attribute."""
    for name, cls in _CLASSES.items():
        if attribute.types == {cls} and name is not None:
            return name
    return 'string'


def _type_of_value(value: str | int | float | bool) -> str:
    match value:
        case bool():
            return 'boolean'
        case int() if -_LARGEST_LONG <= value < _LARGEST_LONG:
            return 'long'
        case float():
            return 'double'
        case _:
            return 'string'


def _text(value: typing.Any) -> str:
    cls = value.__class__
    if cls is str:
        return _escaped(value) if _SPECIAL.search(value) else value
    if cls is int:
        return str(value)
    if cls is bool:
        return 'true' if value else 'false'
    if cls is datetime.datetime:
        return values.moment(value)
    empty = _EMPTY.get(cls)
    if empty is not None and not value:
        return empty
    return _escaped(str(values.scalar(value)))


def _escaped(text: str) -> str:
    return saxutils.escape(_legal(text), {'\r': '&#13;'})


def _quoted(text: typing.Any) -> str:
    text = str(text)
    if _SPECIAL_QUOTED.search(text):
        text = saxutils.escape(_legal(text), _QUOTES)
    return f'"{text}"'


def _legal(text: str) -> str:
    return _ILLEGAL.sub('\ufffd', text)

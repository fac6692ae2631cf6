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

"""How an element is declared, and all that derives from its declaration.

A kind is declared by a class with :func:`element` in front of it: those of
this project in :mod:`cdm_graph.model.schema`, those of plugins in theirs.  The
attributes of the vertex, the relations, the vertex's name, how an element is
copied with other facts: all of it is derived here, once, when the class is
declared, and found in the tables below.

They grow while modules are imported, and never after that.
"""

import collections.abc
import dataclasses
import datetime
import graphlib
import operator
import types
import typing

import pydantic

from cdm_graph import exceptions
from cdm_graph.model import link as link_module
from cdm_graph.model import terms

Kind = terms.Kind
Relation = terms.Relation
Link = link_module.Link

_CLASS = typing.TypeVar('_CLASS')


#: What a class has no field for is a slip of the pen, and no fact.
_STRICT: typing.Final = pydantic.ConfigDict(extra='forbid')


class Rule(typing.NamedTuple):
    """A relation that the model has rules of its own for."""

    relation: Relation
    target: Kind
    says: str


class Element:
    """What all elements have in common.

    A kind is declared by a subclass with :func:`element` in front of it.
    """

    __slots__ = ()

    kind: typing.ClassVar[Kind]
    #: The field with what it is known by.
    key_field: typing.ClassVar[str]


def field(
    description: str,
    *,
    unit: str | None = None,
    attribute: bool = True,
    default: typing.Any = ...,
    default_factory: typing.Any = None,
) -> typing.Any:
    """Declare a field of an element.

    :param description: what it tells, for the documentation
    :param unit: that of the value, such as ``MiB``
    :param attribute: whether the vertex shows it; not if it is a tuple, and
        its links say it all
    """
    extra: dict[str, typing.Any] = {'unit': unit, 'attribute': attribute}
    if default_factory is not None:
        return pydantic.Field(
            default_factory=default_factory,
            description=description,
            json_schema_extra=extra,
        )
    return pydantic.Field(
        default=default, description=description, json_schema_extra=extra
    )


@typing.dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(field,)
)
def element(
    *links: Link,
    rules: tuple[Rule, ...] = (),
    prefix: str = '',
    is_implied: bool = False,
) -> collections.abc.Callable[[type[_CLASS]], type[_CLASS]]:
    """Declare a kind of element.

    :param links: what its fields say of other elements
    :param rules: the relations that do not follow from links
    :param prefix: what stands in front of the key in the name of a vertex;
        empty where the key is a UUID that is unique over all kinds
    :param is_implied: whether one exists as long as something refers to it,
        with no more than its key
    """

    def declare(cls: type[_CLASS]) -> type[_CLASS]:
        made = typing.cast(
            type[_CLASS],
            pydantic.dataclasses.dataclass(
                frozen=True, slots=True, kw_only=True, config=_STRICT
            )(cls),
        )
        declared = typing.cast(type[Element], made)
        _register(declared, (links, rules), prefix, is_implied)
        return made

    return declare


@dataclasses.dataclass(frozen=True, slots=True)
class Attribute:
    """One field of an element, as documentation and exports need it."""

    name: str
    type: typing.Any
    unit: str | None
    description: str

    @property
    def types(self) -> set[typing.Any]:
        """The types that its values may have, beside none."""
        is_union = typing.get_origin(self.type) in (
            types.UnionType,
            typing.Union,
        )
        members = typing.get_args(self.type) if is_union else (self.type,)
        return {
            typing.get_origin(each) or each
            for each in members
            if each is not types.NoneType
        }


def _attributes(
    cls: type[Element],
) -> collections.abc.Iterator[Attribute]:
    hints = typing.get_type_hints(cls)
    declared: dict[str, typing.Any] = vars(cls)['__pydantic_fields__']
    for name, field in declared.items():
        extra = field.json_schema_extra
        if extra['attribute']:
            yield Attribute(
                name, hints[name], extra['unit'], field.description
            )


_Write = collections.abc.Callable[[typing.Any, typing.Any], None]
_Read = collections.abc.Callable[[typing.Any], tuple[typing.Any, ...]]
#: How a vertex shows an element: its kind, its attributes, and their values.
_Shown = tuple[str, tuple[str, ...], _Read]


def _reader(names: tuple[str, ...]) -> _Read:
    """Return what reads several attributes of an element at once."""
    read = operator.attrgetter(*names)
    return read if len(names) > 1 else lambda element: (read(element),)


def field_names(cls: type[Element]) -> tuple[str, ...]:
    """Return the names of all fields of a class, in their order."""
    declared: dict[str, typing.Any] = vars(cls)['__pydantic_fields__']
    return tuple(declared)


class _Fields(typing.NamedTuple):
    """The fields of a class of elements, and what each of them takes."""

    names: tuple[str, ...]
    read: _Read
    #: What fill a new element, without a look at what they are given.
    writers: tuple[_Write, ...]
    validators: dict[str, collections.abc.Callable[[typing.Any], typing.Any]]


def _fields(cls: type[Element]) -> _Fields:
    hints = typing.get_type_hints(cls, include_extras=True)
    names = field_names(cls)
    return _Fields(
        names,
        _reader(names),
        tuple(vars(cls)[name].__set__ for name in names),
        {
            name: pydantic.TypeAdapter(hints[name]).validate_python
            for name in names
        },
    )


def _check(
    cls: type[Element],
    links: tuple[Link, ...],
    relations: list[tuple[Kind, Relation, Kind, str]],
) -> None:
    """Refuse a declaration that the model cannot follow.

    :raises cdm_graph.exceptions.InvalidDeclaration: if it is one
    """
    wrong = (
        _wrong_with(cls)
        or next(filter(None, (_wrong_with_link(cls, x) for x in links)), '')
        or _wrong_with_relations(relations)
    )
    if wrong:
        raise exceptions.InvalidDeclaration(
            f'{cls.__module__}.{cls.__name__}: {wrong}'
        )


def _wrong_with(cls: type[Element]) -> str:
    if _CLOSED:
        return (
            'it is too late to declare a kind. Do so in a module that an '
            'entry point of cdm_graph.elements names.'
        )
    if cls.kind in ELEMENT_CLASSES:
        return f'the kind {cls.kind} is declared already; choose another name.'
    if cls.key_field not in field_names(cls):
        return f'key_field names {cls.key_field!r}, which is no field.'
    return ''


def _wrong_with_link(cls: type[Element], link: Link) -> str:
    if link.field not in field_names(cls):
        return f'a link names {link.field!r}, which is no field.'
    if link.relation is Relation.ATTACHED_TO:
        return 'ATTACHED_TO is kept for what Nova attaches to servers.'
    if link.other not in ELEMENT_CLASSES:
        return f'a link leads to {link.other}: declare that before.'
    if link.by and not hasattr(ELEMENT_CLASSES[link.other], link.by):
        return f'a link goes by {link.by!r}, which {link.other} has not.'
    return ''


def _wrong_with_relations(
    relations: list[tuple[Kind, Relation, Kind, str]],
) -> str:
    """Return why a store could not keep all relations."""
    targets: dict[tuple[Kind, Relation], Kind] = {}
    order: graphlib.TopologicalSorter[Kind] = graphlib.TopologicalSorter()
    for source, relation, target, _ in relations:
        order.add(source, target)
        known = targets.setdefault((source, relation), target)
        if known != target:
            return (
                f'{relation} leads from {source} to {known} and {target}; '
                'give one of them a name of its own.'
            )
    try:
        order.prepare()
    except graphlib.CycleError as error:
        circle = ' to '.join(reversed(error.args[1]))
        return f'its relations lead in a circle, from {circle}.'
    return ''


def close() -> None:
    """Let no kind be declared any more: all derives from those there are.

    A word for a kind that was refused is none.
    """
    for kind in Kind:
        if kind not in ELEMENT_CLASSES:
            Kind.withdraw(kind)
    _CLOSED.add(True)


def _defaults(
    cls: type[Element],
) -> collections.abc.Iterator[tuple[_Write, typing.Any]]:
    declared: dict[str, typing.Any] = vars(cls)['__pydantic_fields__']
    for name, each in declared.items():
        if name != cls.key_field:
            write = vars(cls)[name].__set__
            yield write, each.get_default(call_default_factory=True)


#: Not empty once no kind can be declared any more.
_CLOSED: typing.Final[set[bool]] = set()
#: The class of each kind.
ELEMENT_CLASSES: typing.Final[dict[Kind, type[Element]]] = {}
#: The ends of each relation: source kind, target kind, what it says.
RELATIONS: typing.Final[list[tuple[Kind, Relation, Kind, str]]] = []
#: What the fields of each kind say of other elements.
LINKS: typing.Final[dict[Kind, tuple[Link, ...]]] = {}
#: Kinds that exist because something refers to them, and as long.
IMPLIED_KINDS: typing.Final[set[Kind]] = set()
#: Kinds of which there is never more to know than their keys.
BARE_KINDS: typing.Final[set[Kind]] = set()
#: The attributes that a vertex of each kind has, in the order of the fields.
ATTRIBUTES: typing.Final[dict[Kind, tuple[Attribute, ...]]] = {}
#: Those of them that are moments.
MOMENTS: typing.Final[dict[Kind, tuple[str, ...]]] = {}
#: What fills the fields of an implied element but for its key.
_DEFAULTS: typing.Final[dict[Kind, tuple[tuple[_Write, typing.Any], ...]]] = {}
_VERTEX_PREFIX: typing.Final[dict[Kind, str]] = {}
_FIELDS: typing.Final[dict[type[typing.Any], _Fields]] = {}
_SHOWN: typing.Final[dict[Kind, _Shown]] = {}


def _register(
    cls: type[Element],
    relations: tuple[tuple[Link, ...], tuple[Rule, ...]],
    prefix: str,
    is_implied: bool,
) -> None:
    """Note what derives from the declaration of a kind."""
    kind, (links, rules) = cls.kind, relations
    ruled = [(kind, *rule) for rule in rules]
    linked = [(*each.ends(kind), each.says) for each in links]
    _check(cls, links, [*RELATIONS, *ruled, *linked])
    ELEMENT_CLASSES[kind] = cls
    LINKS[kind] = links
    RELATIONS.extend(ruled + linked)
    if is_implied:
        IMPLIED_KINDS.add(kind)
        _DEFAULTS[kind] = tuple(_defaults(cls))
    if prefix:
        _VERTEX_PREFIX[kind] = prefix
    attributes = ATTRIBUTES[kind] = tuple(_attributes(cls))
    if is_implied and len(attributes) == 1:
        BARE_KINDS.add(kind)
    MOMENTS[kind] = tuple(
        attribute.name
        for attribute in attributes
        if attribute.types == {datetime.datetime}
    )
    _FIELDS[cls] = _fields(cls)
    names = tuple(attribute.name for attribute in attributes)
    _SHOWN[kind] = kind.value, names, _reader(names)


#: In place of a key: every element of the kind.
EVERY: typing.Final = '*'


class ElementKey(typing.NamedTuple):
    """What an element is known by; with the key EVERY, a whole kind."""

    kind: Kind
    key: str

    @property
    def vertex(self) -> str:
        """The vertex of the element in the graph."""
        return vertex_of(self.kind, self.key)


def vertex_of(kind: Kind, key: str) -> str:
    """Return the vertex of the element with that kind and key."""
    return _VERTEX_PREFIX.get(kind, '') + key


def key_at(kind: Kind, vertex: str) -> ElementKey:
    """Return the key of the element of that kind at a vertex."""
    prefix = _VERTEX_PREFIX.get(kind, '')
    return ElementKey(kind, vertex.removeprefix(prefix))


def implied_element(key: ElementKey) -> Element:
    """Return the element of an implied kind: it has no more than its key."""
    cls = ELEMENT_CLASSES[key.kind]
    # What refers to it was validated, and there are very many.
    element = object.__new__(cls)
    for write, value in _DEFAULTS[key.kind]:
        write(element, value)
    object.__setattr__(element, cls.key_field, key.key)
    return element


def replace(element: _CLASS, **facts: typing.Any) -> _CLASS:
    """Return an element with other attributes; they are validated.

    What is not different is the very same object in both; where nothing is,
    it is the element itself.

    :raises pydantic.ValidationError: if one has the wrong type
    :raises cdm_graph.exceptions.InvalidMutation: if it is no element, or has
        no such attribute
    """
    fields = _FIELDS.get(type(element))
    if fields is None:
        raise exceptions.InvalidMutation(
            f'{element!r} is no element of the model.'
        )
    different = {}
    try:
        for name, value in facts.items():
            validate = fields.validators[name]
            known = getattr(element, name)
            if value is not known and not (
                value == known
                and (
                    type(value) is type(known)
                    or isinstance(known, type(value))
                )
            ):
                valid = validate(value)
                if valid != known:
                    different[name] = valid
    except KeyError as error:
        raise exceptions.InvalidMutation(
            f'{type(element).__name__} has no attribute {name}.'
        ) from error
    except pydantic.ValidationError:
        # It says which of the facts is wrong, as where an element is made.
        dataclasses.replace(typing.cast(typing.Any, element), **facts)
        raise
    return _with(element, different) if different else element


def _with(element: _CLASS, different: dict[str, typing.Any]) -> _CLASS:
    """Return an element with other attributes, which are valid."""
    fields = _FIELDS[type(element)]
    changed = object.__new__(type(element))
    for name, write, value in zip(
        fields.names, fields.writers, fields.read(element), strict=True
    ):
        write(changed, different.get(name, value))
    return changed


def share(element: Element, known: Element) -> None:
    """Let an element hold the very objects of an equal part of another.

    Nobody can tell, but by the memory that it takes.

    :param known: what it is shared with; nothing is if it is of another class
    """
    fields = _FIELDS.get(type(element))
    if fields is None or type(known) is not type(element):
        return
    for name, mine, its in zip(
        fields.names, fields.read(element), fields.read(known), strict=True
    ):
        if mine is not its and mine == its:
            object.__setattr__(element, name, its)


def key_of(element: Element) -> ElementKey:
    """Return what an element is known by."""
    return ElementKey(element.kind, getattr(element, element.key_field))


def is_attribute(kind: Kind, field: str) -> bool:
    """Return whether a vertex shows a field."""
    return any(each.name == field for each in ATTRIBUTES[kind])


def values_of(element: Element) -> tuple[typing.Any, ...]:
    """Return the values of the element's ATTRIBUTES, in their order."""
    _kind, _names, read = _SHOWN[element.kind]
    return read(element)


def attributes_of(element: Element) -> dict[str, typing.Any]:
    """Return what the element's vertex shows: its kind and attributes."""
    kind, names, read = _SHOWN[element.kind]
    attributes: dict[str, typing.Any] = {'kind': kind}
    attributes.update(zip(names, read(element), strict=True))
    return attributes

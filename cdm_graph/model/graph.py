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

"""The graph of a snapshot: a networkx graph, made as far as somebody looks.

A :class:`SnapshotGraph` *is* a :class:`networkx.DiGraph`: every algorithm and
every mutator works on it, and it is its owner's alone.  It costs nothing at
hand-out; a vertex's attributes and its rows of neighbours are made when they
are first asked for, and stay (:mod:`cdm_graph.model.lazy`).  A
:class:`FrozenGraph` is shared by everybody who reads the same state: all that
it holds is made once, and every write raises
:class:`~cdm_graph.exceptions.ReadOnlySnapshot`.

What networkx derives from either, such as ``graph.copy()``,
``graph.to_undirected()`` or what is unpickled, is a plain networkx graph.

The order of vertices and of neighbours is not defined.  Many threads may read
one graph at a time; for writes the rule of networkx holds: one thread.
"""

import collections.abc
import functools
import sys
import threading
import typing
import weakref

import networkx as nx
from networkx.classes import reportviews

from cdm_graph.model import change
from cdm_graph.model import lazy
from cdm_graph.model import schema
from cdm_graph.model import state as states

_Any = typing.Any
_Attributes = dict[str, _Any]
_Row = dict[str, _Attributes]
_Rows = dict[str, _Row]
_Lazy = lazy.LazyDict | lazy.FrozenLazyDict
_GRAPH = typing.TypeVar('_GRAPH', bound='_LazyGraph')

_NODES: typing.Final = '_node'
_SUCCESSORS: typing.Final = '_succ'
_PREDECESSORS: typing.Final = '_pred'
#: The attributes of all edges of frozen graphs, one for each relation.
_FROZEN_EDGES: typing.Final = {
    relation: lazy.FrozenDict(relation=relation.value)
    for relation in schema.Relation
}


class _Parts:
    """What the dicts of one graph are made of, and have in common.

    The attributes of an edge are one dict, which stands in two rows.  Where
    only one of these is made yet, it is kept in ``halves`` for the other one.
    """

    def __init__(self, state: states.State) -> None:
        self.state = state
        self.lock = threading.RLock()
        self.halves: dict[tuple[str, str], _Attributes] = {}
        # A graph that is dropped does not have to wait for the garbage
        # collector: hence no reference back to its dicts.
        self._dicts: dict[str, weakref.ref[_Lazy]] = {}

    def new_dict(self, name: str) -> _Lazy:
        """Return one of the dicts of the graph."""
        source = _SOURCES[name](self)
        made: _Lazy = self.lazy_class(source)
        self._dicts[name] = weakref.ref(made)
        return made

    def reopened(self, name: str) -> _Any:
        """Return one of the dicts, which may be full, lazy again."""
        made = self.get_dict(name)
        lazy.become_lazy(made, _SOURCES[name](self))
        return made

    def get_dict(self, name: str) -> _Any:
        """Return one of the dicts; one of the kind if nobody holds it.

        The lock has to be held for as long as it is used, unless somebody
        else holds the dict.
        """
        made = self._dicts[name]()
        if made is None or lazy.is_dropped(made):
            return self.new_dict(name)
        return made

    lazy_class: type[_Any] = lazy.LazyDict

    def attributes_of(self, element: schema.Element) -> _Attributes:
        """Return the attributes of a vertex, as the graph shows them."""
        return schema.attributes_of(element)

    def row(self, row: _Row) -> _Row:
        """Return a row as the graph shows it."""
        return row

    def edge(
        self, source: str, target: str, relation: schema.Relation
    ) -> _Attributes:
        """Return the attributes of an edge, for one of its two rows."""
        known = self.halves.pop((source, target), None)
        if known is not None:
            return known
        attributes = self.new_edge(relation)
        self.halves[source, target] = attributes
        return attributes

    def new_edge(self, relation: schema.Relation) -> _Attributes:
        """Return the attributes of an edge, for both of its rows."""
        return {'relation': relation.value}


class _FrozenParts(_Parts):
    """What the dicts of a frozen graph are made of."""

    lazy_class = lazy.FrozenLazyDict

    def attributes_of(self, element: schema.Element) -> _Attributes:
        """Return the attributes of a vertex, as the graph shows them."""
        return lazy.FrozenDict(schema.attributes_of(element))

    def row(self, row: _Row) -> _Row:
        """Return a row as the graph shows it."""
        return lazy.FrozenDict(row)

    def edge(
        self, source: str, target: str, relation: schema.Relation
    ) -> _Attributes:
        """Return the attributes of an edge, for one of its two rows."""
        return _FROZEN_EDGES[relation]

    def new_edge(self, relation: schema.Relation) -> _Attributes:
        """Return the attributes of an edge, for both of its rows."""
        return _FROZEN_EDGES[relation]


class _Source:
    """The vertices, which are the keys of each of the dicts."""

    __slots__ = ('_parts', 'lock')

    def __init__(self, parts: _Parts) -> None:
        self._parts = parts
        self.lock = parts.lock

    def __contains__(self, key: object) -> bool:
        return self._parts.state.tables.kind_of(key) is not None

    def __iter__(self) -> collections.abc.Iterator[str]:
        return self._parts.state.tables.all_vertices()

    def __len__(self) -> int:
        return self._parts.state.tables.count()

    def _check(self, key: object) -> None:
        if key not in self:
            raise KeyError(key)

    def _shown(
        self, neighbours: collections.abc.Mapping[str, schema.Relation]
    ) -> collections.abc.Iterable[tuple[str, schema.Relation]]:
        """Return the neighbours but for those that were taken out."""
        nodes = self._parts.get_dict(_NODES)
        if lazy.is_lazy(nodes) and not getattr(nodes, 'gone', ()):
            return neighbours.items()
        return (
            (vertex, relation)
            for vertex, relation in neighbours.items()
            if vertex in nodes
        )


class _Nodes(_Source):
    """Makes the attributes of vertices."""

    __slots__ = ()

    def make(self, key: str) -> _Attributes:
        """Return the attributes of a vertex."""
        element = self._parts.state.tables.element_at(key)
        if element is None:
            raise KeyError(key)
        return self._parts.attributes_of(element)

    def make_all(self) -> None:
        """Make the attributes of all vertices that have none yet."""
        parts = self._parts
        with self.lock:
            made = parts.get_dict(_NODES)
            fresh = {
                vertex: parts.attributes_of(element)
                for vertex, element in parts.state.tables.all_elements()
                if _is_unmade(made, vertex)
            }
            _complete(made, fresh)


class _RowsSource(_Source):
    """Makes rows, of both directions."""

    __slots__ = ()

    def make_all(self) -> None:
        """Make all rows that are not made yet, in both directions at once."""
        parts = self._parts
        with self.lock:
            successors = parts.get_dict(_SUCCESSORS)
            predecessors = parts.get_dict(_PREDECESSORS)
            out: _Rows = {}
            into: _Rows = {}
            for vertex in self:
                if _is_unmade(successors, vertex):
                    out[vertex] = {}
                if _is_unmade(predecessors, vertex):
                    into[vertex] = {}
            for source, relation, target in parts.state.tables.all_edges():
                row, column = out.get(source), into.get(target)
                if row is not None and column is not None:
                    row[target] = column[source] = parts.new_edge(relation)
                elif row is not None and target in predecessors:
                    row[target] = predecessors[target][source]
                elif column is not None and source in successors:
                    column[source] = successors[source][target]
            parts.halves.clear()
            _complete(successors, {v: parts.row(r) for v, r in out.items()})
            _complete(predecessors, {v: parts.row(r) for v, r in into.items()})


class _Successors(_RowsSource):
    """Makes the rows of successors."""

    __slots__ = ()

    def make(self, key: str) -> _Row:
        """Return the row of a vertex."""
        self._check(key)
        parts = self._parts
        return parts.row(
            {
                target: parts.edge(key, target, relation)
                for target, relation in self._shown(
                    parts.state.successors(key)
                )
            }
        )


class _Predecessors(_RowsSource):
    """Makes the rows of predecessors."""

    __slots__ = ()

    def make(self, key: str) -> _Row:
        """Return the row of a vertex."""
        self._check(key)
        parts = self._parts
        return parts.row(
            {
                source: parts.edge(source, key, relation)
                for source, relation in self._shown(
                    parts.state.predecessors(key)
                )
            }
        )


_SOURCES: typing.Final[dict[str, collections.abc.Callable[[_Parts], _Any]]] = {
    _NODES: _Nodes,
    _SUCCESSORS: _Successors,
    _PREDECESSORS: _Predecessors,
}


def _is_unmade(made: _Any, vertex: str) -> bool:
    """Return whether an entry is still to be made."""
    return not dict.__contains__(made, vertex) and (
        vertex not in getattr(made, 'gone', ())
    )


def _complete(made: _Any, fresh: dict[str, _Any]) -> None:
    """Put all that was missing into a dict."""
    dict.update(made, fresh)
    if lazy.is_lazy(made):
        lazy.become_full(made)


class _LazyGraph(nx.DiGraph):  # type: ignore[misc] # networkx has no types
    """What the graphs of snapshots have in common."""

    def __new__(cls, *args: _Any, **kwargs: _Any) -> _Any:
        """Return a plain graph: networkx makes its new graphs like this."""
        return nx.DiGraph(*args, **kwargs)

    def __contains__(self, n: object) -> bool:
        """Return whether a vertex is there.

        It makes what is asked for: algorithms ask for each end of each path,
        and only what is made is found as quickly as in a plain graph.
        """
        try:
            self._node[n]
        except (KeyError, TypeError):
            return False
        return True

    has_node = __contains__

    def __reduce_ex__(self, _protocol: _Any) -> tuple[_Any, ...]:
        nodes = {vertex: dict(each) for vertex, each in self._node.items()}
        rows = {
            vertex: {target: dict(each) for target, each in row.items()}
            for vertex, row in self._succ.items()
        }
        return _plain, (nodes, rows, dict(self.graph))

    def each_vertex(
        self,
    ) -> collections.abc.Iterator[tuple[_Any, _Attributes]]:
        """Yield the vertices with their attributes, and keep none of them.

        The graph must not change meanwhile.
        """
        for vertex, shown in self.each_shown():
            if not isinstance(shown, dict):
                shown = schema.attributes_of(shown)
            yield vertex, shown

    def each_shown(
        self,
    ) -> collections.abc.Iterator[tuple[_Any, _Attributes | schema.Element]]:
        """Yield the vertices; with each its attributes, or its element.

        It is the element where its attributes were never asked for, nor can
        be different.  The graph must not change meanwhile.
        """
        if not lazy.is_lazy(self._node):
            yield from self._node.items()
            return
        gone = getattr(self._node, 'gone', ())
        for vertex, element in self._parts.state.tables.all_elements():
            made = dict.get(self._node, vertex)
            if made is not None:
                yield vertex, made
            elif vertex not in gone:
                yield vertex, element
        for vertex in getattr(self._node, 'added', ()):
            yield vertex, self._node[vertex]

    def own_attributes_of_vertices(
        self,
    ) -> collections.abc.Iterable[_Attributes]:
        """Return the attributes that somebody may have changed.

        Those of all other vertices are what their elements say.
        """
        with self._parts.lock:
            return list(dict.values(self._node))

    def own_attributes_of_edges(
        self,
    ) -> collections.abc.Iterable[_Attributes]:
        """Yield the attributes that somebody may have changed.

        All other edges have their relation only.
        """
        rows, halves = self._own_rows()
        for row in rows.values():
            yield from row.values()
        yield from halves.values()

    def each_edge(
        self,
    ) -> collections.abc.Iterator[tuple[_Any, _Any, _Attributes]]:
        """Yield the edges with their attributes, and keep none of them.

        The graph must not change meanwhile.
        """
        is_lazy = lazy.is_lazy(self._succ)
        rows, halves = self._own_rows()
        for source, row in rows.items():
            for target, attributes in row.items():
                yield source, target, attributes
        if not is_lazy:
            return
        gone = getattr(self._succ, 'gone', ())
        edges = self._parts.state.tables.all_edges()
        for source, relation, target in edges:
            if source in rows or source in gone or target in gone:
                continue
            made = halves.get((source, target))
            yield source, target, made or _FROZEN_EDGES[relation]

    def _own_rows(
        self,
    ) -> tuple[_Rows, dict[tuple[str, str], _Attributes]]:
        """Return the rows that are made, and the edges of the others.

        Those of now: another thread may look at the graph, and make more.
        """
        with self._parts.lock:
            rows = dict(dict.items(self._succ))
            return rows, dict(self._parts.halves)

    # networkx keeps these views in the graph, and the graph in the views: to
    # drop such a graph would take a run of the garbage collector.

    @functools.cached_property
    def edges(self) -> _Any:
        """The edges: see :attr:`networkx.DiGraph.edges`."""
        return reportviews.OutEdgeView(self._twin())

    @functools.cached_property
    def out_edges(self) -> _Any:
        """The edges: see :attr:`networkx.DiGraph.out_edges`."""
        return reportviews.OutEdgeView(self._twin())

    @functools.cached_property
    def in_edges(self) -> _Any:
        """The edges: see :attr:`networkx.DiGraph.in_edges`."""
        return reportviews.InEdgeView(self._twin())

    @functools.cached_property
    def degree(self) -> _Any:
        """The degrees: see :attr:`networkx.DiGraph.degree`."""
        return reportviews.DiDegreeView(self._twin())

    @functools.cached_property
    def in_degree(self) -> _Any:
        """The degrees: see :attr:`networkx.DiGraph.in_degree`."""
        return reportviews.InDegreeView(self._twin())

    @functools.cached_property
    def out_degree(self) -> _Any:
        """The degrees: see :attr:`networkx.DiGraph.out_degree`."""
        return reportviews.OutDegreeView(self._twin())

    def _twin(self) -> '_LazyGraph':
        """Return another graph of the same dicts."""
        twin = object.__new__(type(self))
        names = (_NODES, _SUCCESSORS, _PREDECESSORS, '_adj', '_parts', 'graph')
        twin.__dict__.update({name: self.__dict__[name] for name in names})
        twin.__dict__['__networkx_cache__'] = {}
        return twin


class SnapshotGraph(_LazyGraph):
    """The graph of a writable snapshot."""

    @classmethod
    def of(cls, state: states.State) -> 'SnapshotGraph':
        """Return the graph of a state, which must not change any more."""
        return _assemble(cls, _Parts(state), {})

    def remove_node(self, n: _Any) -> None:
        """Take out a vertex: see :meth:`networkx.DiGraph.remove_node`."""
        self._make_around(n)
        super().remove_node(n)

    def remove_nodes_from(self, nodes: collections.abc.Iterable[_Any]) -> None:
        """Take out vertices; :meth:`networkx.DiGraph.remove_nodes_from`."""
        taken = list(nodes)
        for vertex in taken:
            self._make_around(vertex)
        super().remove_nodes_from(taken)

    def _make_around(self, vertex: _Any) -> None:
        """Make all rows in which a vertex is, while they may show it."""
        if vertex in self._node:
            for target in self._succ[vertex]:
                self._pred.get(target)
            for source in self._pred[vertex]:
                self._succ.get(source)

    def clear(self) -> None:
        """Take out everything: see :meth:`networkx.DiGraph.clear`."""
        super().clear()
        self._parts.halves.clear()

    def fork(self) -> 'SnapshotGraph':
        """Return an isolated copy: it costs as much as was looked at."""
        parts = _Parts(self._parts.state)
        forked: SnapshotGraph = _assemble(
            SnapshotGraph, parts, dict(self.graph)
        )
        edges: dict[int, _Attributes] = {}
        with self._parts.lock:
            _copy_made(self._node, forked._node, dict)
            for mine, its in (
                (self._succ, forked._succ),
                (self._pred, forked._pred),
            ):
                _copy_made(mine, its, functools.partial(_copy_row, edges))
            parts.halves = {
                ends: edges[id(each)]
                for ends, each in self._parts.halves.items()
            }
        return forked

    def follow(
        self,
        changes: collections.abc.Sequence[change.Change],
        state: states.State,
    ) -> None:
        """Show other elements and relations, where any are shown yet.

        What the caller took out of the graph stays out.

        :param changes: what became different
        :param state: what it became; it must not change any more
        """
        edges = dict.fromkeys(
            (edge.source, edge.target)
            for each in changes
            for edge in (*each.unrelated, *each.related)
        )
        with self._parts.lock:
            known = self._parts.state.tables
            self._parts.state = state
            relations = {
                ends: state.successors(ends[0]).get(ends[1]) for ends in edges
            }
            for ends, relation in relations.items():
                if relation is None:
                    self._unlink(*ends)
            for vertex in dict.fromkeys(
                each.key.vertex
                for each in changes
                if each.before is not each.after
            ):
                before = known.element_at(vertex)
                after = state.tables.element_at(vertex)
                if after is None:
                    self._forget(vertex)
                    continue
                if before is None:
                    self._adopt(vertex)
                attributes = dict.get(self._node, vertex)
                if attributes is not None:
                    attributes.update(_new_attributes(before, after))
            for ends, relation in relations.items():
                if relation is not None:
                    self._link(*ends, relation)
        nx._clear_cache(self)

    def _adopt(self, vertex: str) -> None:
        """Show a vertex that is new, or was the caller's own."""
        for made in (self._node, self._succ, self._pred):
            if isinstance(made, lazy.LazyDict):
                made.added.pop(vertex, None)
            else:
                made.setdefault(vertex, {})

    def _forget(self, vertex: str) -> None:
        """Show a vertex no more, nor what the caller drew at it."""
        for rows, opposite in (
            (self._succ, self._pred),
            (self._pred, self._succ),
        ):
            for other in dict.get(rows, vertex, ()):
                dict.get(opposite, other, {}).pop(vertex, None)
        for made in (self._node, self._succ, self._pred):
            dict.pop(made, vertex, None)
            if isinstance(made, lazy.LazyDict):
                made.added.pop(vertex, None)
                made.gone.discard(vertex)

    def _link(
        self, source: str, target: str, relation: schema.Relation
    ) -> None:
        """Show a relation in those of its two rows that are made."""
        row, column = self._made_rows(source, target)
        if row is None and column is None:
            return
        if source not in self._node or target not in self._node:
            return
        halves = self._parts.halves
        attributes: _Attributes = (
            halves.pop((source, target), None)
            or (row or {}).get(target)
            or (column or {}).get(source)
            or {}
        )
        attributes['relation'] = relation.value
        if row is None or column is None:
            halves[source, target] = attributes
        if row is not None:
            row[target] = attributes
        if column is not None:
            column[source] = attributes

    def _unlink(self, source: str, target: str) -> None:
        row, column = self._made_rows(source, target)
        if row is not None:
            row.pop(target, None)
        if column is not None:
            column.pop(source, None)
        self._parts.halves.pop((source, target), None)

    def _made_rows(
        self, source: str, target: str
    ) -> tuple[_Row | None, _Row | None]:
        return dict.get(self._succ, source), dict.get(self._pred, target)


class FrozenGraph(_LazyGraph):
    """The graph of a read-only snapshot."""

    @classmethod
    def of(cls, state: states.State) -> 'FrozenGraph':
        """Return the graph of a state, which must not change any more."""
        return _assemble(cls, _FrozenParts(state), lazy.FrozenDict())

    def each_shown(
        self,
    ) -> collections.abc.Iterator[tuple[str, schema.Element]]:
        """Yield the vertices with their elements: nobody can change them."""
        yield from self._parts.state.tables.all_elements()

    def own_attributes_of_vertices(self) -> tuple[_Attributes, ...]:
        """Return nothing: nobody can change them."""
        return ()

    own_attributes_of_edges = own_attributes_of_vertices

    def each_edge(
        self,
    ) -> collections.abc.Iterator[tuple[str, str, _Attributes]]:
        """Yield the edges with their attributes: nobody can change them."""
        for source, relation, target in self._parts.state.tables.all_edges():
            yield source, target, _FROZEN_EDGES[relation]

    def lend(self) -> 'FrozenGraph':
        """Return another graph of the same dicts, for somebody else."""
        return typing.cast(FrozenGraph, self._twin())

    def is_lent(self) -> bool:
        """Return whether anybody but this graph holds one of its dicts.

        A view, an iterator or another graph does.  What the dicts hold may
        be held by anybody: it is never changed, but replaced.
        """
        # One reference more is the argument itself.
        return (
            sys.getrefcount(self.__dict__[_NODES]) > 2
            or sys.getrefcount(self.__dict__[_PREDECESSORS]) > 2
            or sys.getrefcount(self.__dict__[_SUCCESSORS]) > 3
        )

    def rest_at(self, state: states.State) -> None:
        """Hold on to a later state; only if it is not lent.

        Before it is lent again it has to follow.
        """
        self._parts.state = state

    def follow(self, touched: 'Touched', state: states.State) -> None:
        """Become the graph of a later state; only if it is not lent.

        What was made of vertices and rows that were not touched stays.
        """
        self._parts.state = state
        for name, rows in (
            (_NODES, ()),
            (_SUCCESSORS, touched.sources),
            (_PREDECESSORS, touched.targets),
        ):
            made = self._parts.reopened(name)
            for vertex in touched.vertices:
                dict.pop(made, vertex, None)
            for vertex in rows:
                dict.pop(made, vertex, None)


class Touched:
    """Which vertices and rows of a graph are different in a later state."""

    __slots__ = ('sources', 'targets', 'vertices')

    def __init__(self) -> None:
        #: Those that are other elements, or none any more.
        self.vertices: dict[str, None] = {}
        #: Those whose rows of successors are different.
        self.sources: dict[str, None] = {}
        #: Those whose rows of predecessors are different.
        self.targets: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self.vertices) + len(self.sources) + len(self.targets)

    def add(self, changes: collections.abc.Iterable[change.Change]) -> None:
        """Note what became different."""
        for each in changes:
            if each.before is not each.after:
                self.vertices[each.key.vertex] = None
            for edges in (each.related, each.unrelated):
                for edge in edges:
                    self.sources[edge.source] = None
                    self.targets[edge.target] = None


def _assemble(cls: type[_GRAPH], parts: _Parts, attributes: _Any) -> _GRAPH:
    made = object.__new__(cls)
    fields = made.__dict__
    fields['_parts'] = parts
    fields['graph'] = attributes
    fields['__networkx_cache__'] = {}
    for name in (_NODES, _SUCCESSORS, _PREDECESSORS):
        fields[name] = parts.new_dict(name)
    fields['_adj'] = fields[_SUCCESSORS]
    return made


def _new_attributes(
    before: schema.Element | None, after: schema.Element
) -> _Attributes:
    """Return the attributes of an element that are not what they were."""
    attributes = schema.attributes_of(after)
    if before is None:
        return attributes
    known = schema.attributes_of(before)
    return {
        name: value
        for name, value in attributes.items()
        if known.get(name) != value
    }


def _copy_made(
    old: _Any,
    new: _Any,
    copy: collections.abc.Callable[[_Any], dict[str, _Any]],
) -> None:
    """Copy what is made of a dict, each entry as told."""
    dict.update(new, {key: copy(each) for key, each in dict.items(old)})
    if isinstance(old, lazy.LazyDict):
        new.added.update(old.added)
        new.gone.update(old.gone)
    else:
        lazy.become_full(new)


def _copy_row(edges: dict[int, _Attributes], row: _Row) -> _Row:
    copy = {}
    for other, attributes in row.items():
        known = edges.get(id(attributes))
        if known is None:
            known = edges[id(attributes)] = dict(attributes)
        copy[other] = known
    return copy


def _plain(
    nodes: dict[_Any, _Attributes],
    rows: dict[_Any, dict[_Any, _Attributes]],
    attributes: _Attributes,
) -> _Any:
    graph = nx.DiGraph()
    graph.graph.update(attributes)
    graph.add_nodes_from(nodes.items())
    graph.add_edges_from(
        (source, target, each)
        for source, row in rows.items()
        for target, each in row.items()
    )
    return graph

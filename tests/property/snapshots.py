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

"""Contract 6: snapshots against plain graphs that were copied deeply.

A live model, snapshots of it and forks of these are changed in any order,
through every door: the model's mutations, each mutator of networkx, the dicts
that its views hand out, and networkx' functions that reach into a graph.  What
is compared after each step is a small part, since a look makes what it sees;
all of each graph is compared in the end.
"""

import collections.abc
import contextlib
import copy
import pickle
import typing

from hypothesis import stateful
from hypothesis import strategies as st
import networkx as nx

from cdm_graph import exceptions
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.model import snapshot as snapshots
from tests.property import clauses
from tests.support import elements
from tests.support import oracle

_STEPS: typing.Final = 30
_Any = typing.Any
_Held = dict[schema.ElementKey, schema.Element]
_Graph = 'nx.DiGraph[str]'
_Change = collections.abc.Callable[[_Any], object]

_VERTICES: typing.Final = (
    *map(elements.uuid, (1, 2, 11, 12, 13, 21, 31, 41)),
    'project/red',
    'flavor/small',
    'zone/nova',
    'zone/az1',
    'fa:16:3e:00:00:01',
    'mine',
    'yours',
)
_vertices = st.sampled_from(_VERTICES)
_names = st.sampled_from(('kind', 'name', 'mine', 'relation'))
_values = st.integers(0, 3)
_pairs = st.tuples(_vertices, _vertices)


def _plain(held: _Held) -> _Any:
    """Return the graph that some elements amount to."""
    true = oracle.Oracle(held.values())
    graph = nx.DiGraph()
    for vertex in true.vertices:
        graph.add_node(vertex, **true.attributes[vertex])
    for source, relation, target in true.edges:
        graph.add_edge(source, target, relation=relation)
    return graph


def picture(graph: _Any) -> _Any:
    """Return all of a graph, as its users see it."""
    return (
        {vertex: dict(each) for vertex, each in graph.nodes(data=True)},
        {(u, v): dict(each) for u, v, each in graph.edges(data=True)},
        {
            (u, v): dict(each)
            for v in graph
            for u, each in graph.pred[v].items()
        },
        dict(graph.graph),
        (len(graph), graph.number_of_edges()),
    )


def _check_ends(graph: _Any) -> None:
    """Check that the attributes of an edge are the same at both ends."""
    for source, row in graph._succ.items():
        for target, attributes in row.items():
            assert graph._pred[target][source] is attributes


def _follow(graph: _Any, before: _Held, after: _Held) -> None:
    """Change a plain graph as a snapshot's is by mutations."""
    old, new = _plain(before), _plain(after)
    graph.remove_edges_from(
        ends for ends in old.edges if not new.has_edge(*ends)
    )
    graph.remove_nodes_from(set(old) - set(new))
    graph.add_nodes_from((v, new.nodes[v]) for v in set(new) - set(old))
    for vertex in set(graph) & set(old) & set(new):
        known = old.nodes[vertex]
        graph.nodes[vertex].update(
            {
                name: value
                for name, value in new.nodes[vertex].items()
                if known.get(name) != value
            }
        )
    graph.add_edges_from(
        (*ends, new.edges[ends])
        for ends in new.edges
        if old.edges.get(ends) != new.edges[ends] and set(ends) <= set(graph)
    )


def _outcome(graph: _Any, change: _Change) -> tuple[str, _Any]:
    try:
        told = change(graph)
        return 'done', None if isinstance(told, nx.Graph) else told
    except (nx.NetworkXException, KeyError) as error:
        return 'refused', KeyError if isinstance(error, KeyError) else type(
            error
        )


class _Trial:
    """A snapshot, what its elements are, and what its graph should be."""

    def __init__(
        self, snapshot: snapshots.Snapshot, held: _Held, graph: _Any
    ) -> None:
        self.snapshot = snapshot
        self.held = held
        self.graph = graph
        self.marks: list[tuple[snapshots.Mark, _Held]] = []

    def fork(self) -> '_Trial':
        return _Trial(
            self.snapshot.fork(), dict(self.held), copy.deepcopy(self.graph)
        )

    def do(self, change: _Change) -> None:
        """Do the same to the snapshot's graph and to the plain one."""
        assert _outcome(self.snapshot.graph, change) == _outcome(
            self.graph, change
        )

    def become(self, held: _Held) -> None:
        _follow(self.graph, self.held, held)
        self.held = held

    def check(self) -> None:
        assert picture(self.snapshot.graph) == picture(self.graph)
        _check_ends(self.snapshot.graph)
        true = oracle.Oracle(self.held.values())
        assert {
            schema.key_of(each).vertex for each in self.snapshot.elements()
        } == true.vertices
        for node in true.nodes:
            used = self.snapshot.get_node_used_resources(node)
            assert used == true.used(node)


def _add_all(graph: _Any, pairs: list[tuple[str, str]], value: int) -> None:
    graph.add_edges_from(pairs, mine=value)


_CHANGES: typing.Final[dict[str, st.SearchStrategy[_Change]]] = {
    'add_node': st.builds(
        lambda v, k, x: lambda g: g.add_node(v, **{k: x}),
        _vertices,
        _names,
        _values,
    ),
    'add_nodes_from': st.builds(
        lambda vs, x: (
            lambda g: g.add_nodes_from([vs[0], (vs[1], {'yours': x})], mine=x)
        ),
        _pairs,
        _values,
    ),
    'remove_node': st.builds(lambda v: lambda g: g.remove_node(v), _vertices),
    'remove_nodes_from': st.builds(
        lambda vs: lambda g: g.remove_nodes_from(vs), _pairs
    ),
    'add_edge': st.builds(
        lambda ends, k, x: lambda g: g.add_edge(*ends, **{k: x}),
        _pairs,
        _names,
        _values,
    ),
    'add_edges_from': st.builds(
        lambda pairs, x: lambda g: _add_all(g, pairs, x),
        st.lists(_pairs, max_size=3),
        _values,
    ),
    'remove_edge': st.builds(
        lambda ends: lambda g: g.remove_edge(*ends), _pairs
    ),
    'remove_edges_from': st.builds(
        lambda pairs: lambda g: g.remove_edges_from(pairs),
        st.lists(_pairs, max_size=3),
    ),
    'remove_some_edge': st.builds(
        lambda n: (
            lambda g: (
                g.remove_edge(*sorted(g.edges)[n % len(g.edges)])
                if g.number_of_edges()
                else None
            )
        ),
        st.integers(0, 99),
    ),
    'update': st.builds(
        lambda ends, x: (
            lambda g: g.update(
                edges=[(*ends, {'mine': x})], nodes=[(ends[0], {'mine': x})]
            )
        ),
        _pairs,
        _values,
    ),
    'clear': st.just(lambda g: g.clear()),
    'clear_edges': st.just(lambda g: g.clear_edges()),
    'nodes[v][k] = x': st.builds(
        lambda v, k, x: lambda g: g.nodes[v].__setitem__(k, x),
        _vertices,
        _names,
        _values,
    ),
    'nodes[v].clear()': st.builds(
        lambda v: lambda g: g.nodes[v].clear(), _vertices
    ),
    'edges[u, v][k] = x': st.builds(
        lambda ends, k, x: lambda g: g.edges[ends].__setitem__(k, x),
        _pairs,
        _names,
        _values,
    ),
    'adj[u][v][k] = x': st.builds(
        lambda ends, x: (
            lambda g: g.adj[ends[0]][ends[1]].__setitem__('mine', x)
        ),
        _pairs,
        _values,
    ),
    'all edges, at their ends': st.builds(
        lambda v, x: (
            lambda g: (
                [each.__setitem__('mine', x) for each in g.pred[v].values()]
            )
        ),
        _vertices,
        _values,
    ),
    'set_node_attributes': st.builds(
        lambda v, x: lambda g: nx.set_node_attributes(g, {v: {'mine': x}}),
        _vertices,
        _values,
    ),
    'set_node_attributes of all': st.builds(
        lambda x: lambda g: nx.set_node_attributes(g, x, 'mine'), _values
    ),
    'set_edge_attributes': st.builds(
        lambda ends, x: lambda g: nx.set_edge_attributes(g, {ends: x}, 'mine'),
        _pairs,
        _values,
    ),
    'relabel_nodes': st.builds(
        lambda ends: (
            lambda g: nx.relabel_nodes(g, {ends[0]: ends[1]}, copy=False)
        ),
        _pairs,
    ),
    'contracted_nodes': st.builds(
        lambda ends: (
            lambda g: nx.contracted_nodes(
                g, *ends, copy=False, store_contraction_as=None
            )
        ),
        _pairs,
    ),
    'add_path': st.builds(
        lambda ends, x: lambda g: nx.add_path(g, [*ends, 'mine'], mine=x),
        _pairs,
        _values,
    ),
    'graph[k] = x': st.builds(
        lambda x: lambda g: g.graph.__setitem__('mine', x), _values
    ),
}

#: What reads a graph; each returns what is the same for equal graphs.
_LOOKS: typing.Final[dict[str, _Change]] = {
    'vertices': lambda g: sorted(g),
    'vertices, as a set': lambda g: sorted(g.nodes & set(_VERTICES)),
    'copy': lambda g: picture(g.copy()),
    'deepcopy': lambda g: picture(copy.deepcopy(g)),
    'pickle': lambda g: picture(pickle.loads(pickle.dumps(g))),
    'to_undirected': lambda g: sorted(map(sorted, g.to_undirected().edges)),
    'to_directed': lambda g: picture(g.to_directed()),
    'reverse': lambda g: picture(g.reverse()),
    'reverse view': lambda g: picture(g.reverse(copy=False)),
    'subgraph': lambda g: picture(g.subgraph(_VERTICES[:6])),
    'subgraph copy': lambda g: picture(g.subgraph(_VERTICES[:6]).copy()),
    'edge_subgraph': lambda g: picture(
        g.edge_subgraph(sorted(g.edges)[:2]).copy()
    ),
    'DiGraph': lambda g: picture(nx.DiGraph(g)),
    'degrees': lambda g: sorted(g.degree),
    'in-degrees': lambda g: dict(g.in_degree(_VERTICES)),
    'out-degrees': lambda g: sorted(g.out_degree(weight='mine')),
    'in-edges': lambda g: sorted(g.in_edges(_VERTICES)),
    'out-edges': lambda g: sorted(g.out_edges(_VERTICES[:4])),
    'edges of one': lambda g: sorted(g.edges(elements.uuid(1))),
    'adjacency': lambda g: {u: dict(row) for u, row in g.adjacency()},
    'components': lambda g: sorted(
        sorted(each) for each in nx.weakly_connected_components(g)
    ),
    'descendants': lambda g: sorted(nx.descendants(g, elements.uuid(11))),
    'bfs_tree': lambda g: sorted(
        nx.bfs_tree(g, 'zone/nova', reverse=True).nodes
    ),
    'isolates': lambda g: sorted(nx.isolates(g)),
    'size': lambda g: (len(g), g.size(), g.order(), bool(g)),
    'attributes': lambda g: nx.get_node_attributes(g, 'name'),
    'each vertex': lambda g: _each_vertex(g),
    'each edge': lambda g: _each_edge(g),
    'self-loops': lambda g: sorted(nx.selfloop_edges(g)),
}


def _each_vertex(graph: _Any) -> _Any:
    each = getattr(graph, 'each_vertex', lambda: graph.nodes.items())
    return {vertex: dict(attributes) for vertex, attributes in each()}


def _each_edge(graph: _Any) -> _Any:
    each = getattr(graph, 'each_edge', lambda: graph.edges(data=True))
    return {(u, v): dict(attributes) for u, v, attributes in each()}


def _look_at(vertex: str) -> _Change:
    def look(graph: _Any) -> _Any:
        return (
            vertex in graph,
            dict(graph.nodes[vertex]),
            sorted(graph.successors(vertex)),
            sorted(graph.predecessors(vertex)),
            {v: dict(each) for v, each in graph[vertex].items()},
            all(
                graph.pred[v][vertex] is each
                for v, each in graph[vertex].items()
            ),
        )

    return look


def _compare_at(
    vertices: tuple[str, ...], snapshot: snapshots.Snapshot, graph: _Any
) -> None:
    for vertex in vertices:
        assert _outcome(snapshot.graph, _look_at(vertex)) == _outcome(
            graph, _look_at(vertex)
        )


class Snapshots(stateful.RuleBasedStateMachine):
    """Snapshots, forks of them, and the live model, in any order."""

    #: How many sequences of steps were tried.
    runs: typing.ClassVar = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.live = live_model.LiveModel()
        self.held: _Held = {}
        self.trials: list[_Trial] = []
        self.shared: list[tuple[snapshots.Snapshot, _Any]] = []

    def _one(self, number: int) -> _Trial:
        return self.trials[number % len(self.trials)]

    def _changed(self, held: _Held, element: schema.Element) -> _Held:
        return {**held, schema.key_of(element): element}

    @stateful.initialize(several=st.lists(oracle.any_element, max_size=8))
    def fill(self, several: list[schema.Element]) -> None:
        for element in several:
            self.change_live(element)

    @stateful.rule(element=oracle.any_element)
    def change_live(self, element: schema.Element) -> None:
        if not oracle.is_ambiguous(element, self.held):
            self.live.apply([mutation.Put(element)])
            self.held = self._changed(self.held, element)

    @stateful.precondition(lambda self: self.held)
    @stateful.rule(number=st.integers(0, 99))
    def remove_from_live(self, number: int) -> None:
        key = sorted(self.held)[number % len(self.held)]
        self.live.apply([mutation.Deletion(key)])
        self.held = {k: each for k, each in self.held.items() if k != key}

    @stateful.rule()
    def take(self) -> None:
        if len(self.trials) < 4:
            self.trials.append(
                _Trial(
                    self.live.snapshot(), dict(self.held), _plain(self.held)
                )
            )

    @stateful.rule()
    def take_read_only(self) -> None:
        if len(self.shared) < 3:
            self.shared.append(
                (self.live.snapshot(read_only=True), _plain(self.held))
            )

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(number=st.integers(0, 3))
    def fork(self, number: int) -> None:
        if len(self.trials) < 6:
            self.trials.append(self._one(number).fork())

    @stateful.rule(
        element=oracle.any_element, vertex=_vertices, held=st.booleans()
    )
    def go_on_beside_a_read_only_one(
        self, element: schema.Element, vertex: str, held: bool
    ) -> None:
        vertices = (vertex, schema.key_of(element).vertex)
        first, graph = self.live.snapshot(read_only=True), _plain(self.held)
        _compare_at(vertices, first, graph)
        if not held:
            first = self.live.snapshot()
        self.change_live(element)
        later = self.live.snapshot(read_only=True)
        _compare_at(vertices, later, _plain(self.held))
        _compare_at(vertices, first, graph)

    @stateful.precondition(lambda self: self.shared)
    @stateful.rule(number=st.integers(0, 2), vertex=_vertices)
    def drop_a_read_only_one(self, number: int, vertex: str) -> None:
        """The next one goes on where nobody holds the last one."""
        _compare_at((vertex,), *self.shared.pop(number % len(self.shared)))

    @stateful.precondition(lambda self: len(self.trials) > 1)
    @stateful.rule(number=st.integers(0, 5))
    def drop(self, number: int) -> None:
        trial = self.trials.pop(number % len(self.trials))
        trial.check()

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(
        number=st.integers(0, 5),
        change=st.one_of(*_CHANGES.values()),
    )
    def change_graph(self, number: int, change: _Change) -> None:
        self._one(number).do(change)

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(
        number=st.integers(0, 5), look=st.sampled_from(sorted(_LOOKS))
    )
    def look(self, number: int, look: str) -> None:
        self._one(number).do(_LOOKS[look])

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(number=st.integers(0, 5), vertex=_vertices)
    def look_at(self, number: int, vertex: str) -> None:
        self._one(number).do(_look_at(vertex))

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(number=st.integers(0, 5), element=oracle.any_element)
    def put(self, number: int, element: schema.Element) -> None:
        trial = self._one(number)
        if not oracle.is_ambiguous(element, trial.held):
            trial.snapshot.add(element)
            trial.become(self._changed(trial.held, element))

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(number=st.integers(0, 5), which=st.integers(0, 99))
    def remove(self, number: int, which: int) -> None:
        trial = self._one(number)
        if trial.held:
            key = sorted(trial.held)[which % len(trial.held)]
            trial.snapshot.remove(trial.held[key])
            trial.become({k: e for k, e in trial.held.items() if k != key})

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(number=st.integers(0, 5))
    def mark(self, number: int) -> None:
        trial = self._one(number)
        trial.marks.append((trial.snapshot.mark(), trial.held))

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(number=st.integers(0, 5))
    def undo(self, number: int) -> None:
        trial = self._one(number)
        if trial.marks:
            mark, held = trial.marks.pop()
            trial.snapshot.undo(mark)
            trial.become(held)

    @stateful.precondition(lambda self: len(self.trials) > 1)
    @stateful.rule(numbers=st.tuples(st.integers(0, 5), st.integers(0, 5)))
    def diff(self, numbers: tuple[int, int]) -> None:
        self._check_difference(*map(self._one, numbers))

    def _check_difference(self, one: _Trial, other: _Trial) -> None:
        told = dict(one.held)
        edges = set(oracle.Oracle(one.held.values()).edges)
        for each in one.snapshot.diff(other.snapshot):
            assert told.get(each.key, each.before) == each.before
            told.pop(each.key, None)
            if each.after is not None:
                told[each.key] = each.after
            edges -= {
                (e.source, e.relation.value, e.target) for e in each.unrelated
            }
            edges |= {
                (e.source, e.relation.value, e.target) for e in each.related
            }
        kept = {k: e for k, e in told.items() if k in other.held}
        assert kept == other.held
        assert edges == oracle.Oracle(other.held.values()).edges

    # What hypothesis seldom meets by itself.

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(
        number=st.integers(0, 5),
        which=st.integers(0, 99),
        fork=st.booleans(),
    )
    def remove_a_vertex_and_look(
        self, number: int, which: int, fork: bool
    ) -> None:
        trial = self._one(number)
        if trial.graph:
            vertex = sorted(trial.graph)[which % len(trial.graph)]
            trial.do(lambda graph: graph.remove_node(vertex))
            (trial.fork() if fork else trial).do(_look_at(vertex))

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(
        number=st.integers(0, 5),
        several=st.lists(oracle.any_element, min_size=1, max_size=3),
        vertex=_vertices,
    )
    def try_and_undo(
        self, number: int, several: list[schema.Element], vertex: str
    ) -> None:
        trial = self._one(number)
        before, held = trial.snapshot.mark(), trial.held
        for element in several:
            self.put(number, element)
        trial.do(_look_at(vertex))
        trial.snapshot.undo(before)
        trial.become(held)
        trial.do(_look_at(vertex))

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(number=st.integers(0, 5), which=st.integers(0, 99))
    def draw_at_what_is_removed(self, number: int, which: int) -> None:
        trial = self._one(number)
        if trial.held:
            key = sorted(trial.held)[which % len(trial.held)]
            vertex = key.vertex
            trial.do(lambda graph: graph.add_edge('mine', vertex))
            trial.do(lambda graph: graph.add_edge(vertex, 'yours'))
            trial.snapshot.remove(trial.held[key])
            trial.become({k: e for k, e in trial.held.items() if k != key})
            trial.do(_look_at('mine'))
            trial.do(_look_at('yours'))

    @stateful.precondition(lambda self: self.trials)
    @stateful.rule(number=st.integers(0, 5), element=oracle.any_element)
    def tell_what_a_fork_did(
        self, number: int, element: schema.Element
    ) -> None:
        one = self._one(number)
        other = one.fork()
        if not oracle.is_ambiguous(element, other.held):
            other.snapshot.add(element)
            other.held = self._changed(other.held, element)
            self._check_difference(one, other)
            self._check_difference(other, one)

    @stateful.precondition(lambda self: self.shared)
    @stateful.rule(
        number=st.integers(0, 2),
        change=st.one_of(*_CHANGES.values()),
    )
    def try_to_change_a_read_only_one(
        self, number: int, change: _Change
    ) -> None:
        snapshot, graph = self.shared[number % len(self.shared)]
        with contextlib.suppress(
            exceptions.ReadOnlySnapshot, nx.NetworkXException, KeyError
        ):
            change(snapshot.graph)
        vertex = next(iter(graph), None)
        if vertex is not None:
            assert _look_at(vertex)(snapshot.graph) == _look_at(vertex)(graph)

    @stateful.precondition(lambda self: len(self.shared) < 3)
    @stateful.rule(vertex=_vertices, kept=st.booleans())
    def take_read_only_and_look(self, vertex: str, kept: bool) -> None:
        self.take_read_only()
        _compare_at((vertex,), *self.shared[-1])
        if not kept:
            del self.shared[-1]

    @stateful.precondition(lambda self: self.shared)
    @stateful.rule(
        number=st.integers(0, 2), look=st.sampled_from(sorted(_LOOKS))
    )
    def look_at_a_read_only_one(self, number: int, look: str) -> None:
        snapshot, graph = self.shared[number % len(self.shared)]
        assert _outcome(snapshot.graph, _LOOKS[look]) == _outcome(
            graph, _LOOKS[look]
        )

    def teardown(self) -> None:
        for trial in self.trials:
            trial.check()
        for snapshot, graph in self.shared:
            assert picture(snapshot.graph) == picture(graph)
        assert picture(self.live.graph) == picture(_plain(self.held))


def attempt(seed: int, runs: int, shrink: bool) -> int:
    """Try that many sequences of steps; return how many were made."""
    before = Snapshots.runs
    clauses.run(Snapshots, seed, runs, _STEPS, shrink=shrink)
    return Snapshots.runs - before

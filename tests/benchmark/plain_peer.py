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

"""The peer: the same live model, on plain dicts and a plain DiGraph.

It does all that our writer does (verdicts, capacity, indices, changes), and
keeps a graph of networkx up to date.  What it has in place of persistent maps
are dicts that are changed in place: nobody can take a snapshot of it without
a copy of everything.
"""

import collections.abc
import contextlib
import types
import typing
from unittest import mock

import networkx as nx

from cdm_graph.model import change
from cdm_graph.model import index
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.model import state
from cdm_graph.model import tables
from tests.benchmark import clouds

_Any = typing.Any


class _Map(dict[_Any, _Any]):
    """A dict that is used like a persistent map, and is none."""

    __slots__ = ()

    def set(self, key: _Any, value: _Any) -> '_Map':
        """Put an entry into it."""
        self[key] = value
        return self

    def delete(self, key: _Any) -> '_Map':
        """Take an entry out of it."""
        del self[key]
        return self


class _Nobody(_Map):
    """What stays empty."""

    __slots__ = ()

    def set(self, key: _Any, value: _Any) -> _Map:
        """Return another one, with an entry."""
        return _Map({key: value})


@contextlib.contextmanager
def swapped() -> collections.abc.Iterator[None]:
    """Have our writer work on dicts: for a model that was made so only."""
    maps = types.SimpleNamespace(Map=_Map)
    with contextlib.ExitStack() as stack:
        for module in (index, state, tables):
            stack.enter_context(mock.patch.object(module, 'immutables', maps))
        stack.enter_context(mock.patch.object(tables, '_NOBODY', _Nobody()))
        yield


def model(of: live_model.LiveModel) -> live_model.LiveModel:
    """Return a live model that holds the same as another one, on dicts."""
    elements, graph = of.elements(), clouds.plain_graph(of)
    with swapped():
        made = clouds.model(
            each for each in elements if each.kind not in schema.IMPLIED_KINDS
        )
    made.subscribe(_Follower(graph))
    return made


class _Follower:
    """Keeps a plain graph up to date by changes."""

    def __init__(self, graph: 'nx.DiGraph[str]') -> None:
        self._graph = graph

    def __call__(
        self, changes: collections.abc.Sequence[change.Change]
    ) -> None:
        for each in changes:
            self._follow(each)

    def _follow(self, each: change.Change) -> None:
        graph, vertex = self._graph, each.key.vertex
        if each.after is None:
            graph.remove_node(vertex)
            return
        if each.before is not each.after:
            graph.add_node(vertex, **schema.attributes_of(each.after))
        for edge in each.unrelated:
            graph.remove_edge(edge.source, edge.target)
        for edge in each.related:
            graph.add_edge(
                edge.source, edge.target, relation=edge.relation.value
            )

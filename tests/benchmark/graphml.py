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

"""What it costs to export, beside networkx and igraph."""

import collections.abc
import gzip
import io
import pathlib
import tempfile
import typing

import igraph
import networkx as nx

from cdm_graph.export import files
from cdm_graph.export import formats
from cdm_graph.export import values
from cdm_graph.model import live_model
from tests.benchmark import clouds
from tests.benchmark import figures
from tests.benchmark import resident

_TIMES: typing.Final = 3


def run(shown: figures.Figures, hosts: int, instances: int) -> None:
    """Write a model, as ours and as networkx and igraph have it."""
    model = clouds.model(clouds.elements(hosts, instances))
    figures.set_aside()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'cloud'
        ours = {
            name: _write(shown, name, model, path)
            for name in ('graphml', 'json', 'jsonl', 'graphml.gz')
        }
        plain = _scalars(model)
        figures.set_aside()
        for peer, write in _peers(plain):
            theirs = figures.median_cpu(
                lambda write=write: write(str(path)), _TIMES
            )
            shown.show(f'write_{peer}', theirs * 1e3, 'ms')
            shown.show(f'ours_over_{peer}', ours['graphml'] / theirs, 'ratio')
        _check(shown, plain, path)


def _write(
    shown: figures.Figures,
    name: str,
    model: live_model.LiveModel,
    path: pathlib.Path,
) -> float:
    """Write once for the peak, then for the time; return seconds of CPU."""
    to = str(path.with_suffix('.gz' if name.endswith('.gz') else ''))
    format_ = name.removesuffix('.gz')
    peak = 0.0
    before = resident.measure()

    def watched(
        chunks: collections.abc.Iterator[str],
    ) -> collections.abc.Iterator[str]:
        nonlocal peak
        for number, chunk in enumerate(chunks):
            if number % 5000 == 0:
                peak = max(peak, resident.measure() - before)
            yield chunk

    def write() -> None:
        snapshot = model.snapshot(read_only=True)
        files.write(to, formats.chunks(format_, snapshot))

    files.write(
        to, watched(formats.chunks(format_, model.snapshot(read_only=True)))
    )
    taken = figures.median_cpu(write, _TIMES)
    shown.show(f'write_{name}', taken * 1e3, 'ms')
    shown.show(f'write_{name}_memory', peak, 'MiB')
    shown.show(f'size_{name}', pathlib.Path(to).stat().st_size / 2**20, 'MiB')
    return taken


def _scalars(model: live_model.LiveModel) -> 'nx.DiGraph[str]':
    """Return a plain graph with no more than what GraphML can hold."""
    plain = clouds.plain_graph(model)
    for attributes in plain.nodes.values():
        kept = {
            name: shown
            for name, value in attributes.items()
            if (shown := values.scalar(value)) is not None
        }
        attributes.clear()
        attributes.update(kept)
    return plain


def _peers(
    plain: 'nx.DiGraph[str]',
) -> collections.abc.Iterator[
    tuple[str, collections.abc.Callable[[str], object]]
]:
    yield 'networkx_lxml', lambda path: nx.write_graphml_lxml(plain, path)
    yield 'networkx_xml', lambda path: nx.write_graphml_xml(plain, path)
    graph = igraph.Graph.from_networkx(plain)
    yield 'igraph', graph.write_graphml


def _check(
    shown: figures.Figures,
    plain: 'nx.DiGraph[str]',
    path: pathlib.Path,
) -> None:
    """See that networkx reads the same graph from what was compressed."""
    document = gzip.decompress(path.with_suffix('.gz').read_bytes())
    read = nx.read_graphml(io.BytesIO(document))
    same = dict(read.nodes.items()) == dict(plain.nodes.items()) and (
        set(read.edges) == set(plain.edges)
    )
    assert same
    shown.show('equal_after_networkx_read_it', int(same), '')

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

import gzip
import json
import pathlib

import pytest

from cdm_graph import exceptions
from cdm_graph.export import files
from cdm_graph.export import formats
from cdm_graph.export import reading
from cdm_graph.model import live_model
from cdm_graph.model import schema
from tests.support import elements

_NODE = elements.node(1, hostname='ö')
_SERVER = schema.replace(
    elements.hosted(11, _NODE, name='web', project_id='red'),
    metadata={'b': '1', 'a': '=2'},
    tags=('x', 'y'),
    locked=True,
)


def _export(folder: pathlib.Path, name: str) -> str:
    path = folder / f'cloud.{name}'
    format_ = name.removesuffix('.gz')
    model = live_model.LiveModel([_NODE, _SERVER])
    files.write(str(path), formats.chunks(format_, model))
    return str(path)


@pytest.mark.parametrize('suffix', ['', '.gz'])
def test_all_formats_say_the_same(tmp_path: pathlib.Path, suffix: str) -> None:
    documents = [
        reading.read(_export(tmp_path, f'{name}{suffix}'))
        for name in formats.FORMATS
    ]
    first = documents[0]
    assert documents == [first] * len(documents)
    assert first.vertices[_NODE.uuid]['hostname'] == 'ö'
    server = first.vertices[_SERVER.uuid]
    assert server['locked'] is True
    assert json.loads(str(server['metadata'])) == {'a': '=2', 'b': '1'}
    assert (_SERVER.uuid, 'HOSTED_ON', _NODE.uuid) in first.edges


@pytest.mark.parametrize(
    'content',
    [
        b'',
        b'nonsense',
        b'{}',
        b'[]',
        b'{"nodes": 5, "edges": []}',
        b'{"nodes": [{}], "edges": []}',
        b'{"graph": {}}\n[',
        b'<graphml',
        b'<html></html>',
        b'\xff\xfe',
    ],
)
def test_what_is_no_export_is_told(
    tmp_path: pathlib.Path, content: bytes
) -> None:
    path = tmp_path / 'mine'
    path.write_bytes(content)
    with pytest.raises(exceptions.ExportError, match='mine is no export'):
        reading.read(str(path))


def test_what_cannot_be_read_is_told(tmp_path: pathlib.Path) -> None:
    with pytest.raises(exceptions.ExportError, match='cannot be read'):
        reading.read(str(tmp_path / 'nothing.json'))
    for content in (b'plain', gzip.compress(b'x' * 500)[:20]):
        path = tmp_path / 'broken.json.gz'
        path.write_bytes(content)
        with pytest.raises(exceptions.ExportError, match='cannot be read'):
            reading.read(str(path))

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

import json
import pathlib

import pytest

from cdm_graph.cmd import diff
from cdm_graph.export import files
from cdm_graph.export import formats
from cdm_graph.model import live_model
from cdm_graph.model import schema
from tests.support import elements
from tests.unit.cmd import commands

_NODE = elements.node(1, hostname='alpha')
_OTHER = elements.node(2, hostname='beta')
_SERVER = elements.hosted(11, _NODE, name='web')


@pytest.fixture
def exports(tmp_path: pathlib.Path) -> tuple[str, str]:
    paths = str(tmp_path / 'before.json'), str(tmp_path / 'after.jsonl.gz')
    moved = schema.replace(_SERVER, node='beta')
    for path, server in zip(paths, (_SERVER, moved), strict=True):
        format_ = pathlib.Path(path).suffixes[0][1:]
        model = live_model.LiveModel([_NODE, _OTHER, server])
        files.write(path, formats.chunks(format_, model))
    return paths


def test_differences_are_told_and_counted(
    exports: tuple[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert commands.run(diff.Diff, tmp_path, *exports) == 1
    shown = capsys.readouterr()
    assert shown.out == 'Instance web  node: alpha -> beta\n'
    assert '1 changed' in shown.err


def test_they_are_objects_of_json_too(
    exports: tuple[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert commands.run(diff.Diff, tmp_path, *exports, '--json') == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert row['changed'] == {'node': {'before': 'alpha', 'after': 'beta'}}


def test_only_kinds_that_are_wanted_count(
    exports: tuple[str, str], tmp_path: pathlib.Path
) -> None:
    kind = ('--kind', 'ComputeNode')
    assert commands.run(diff.Diff, tmp_path, *exports, *kind) == 0


def test_the_same_is_not_different(
    exports: tuple[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert commands.run(diff.Diff, tmp_path, exports[0], exports[0]) == 0
    assert 'Nothing is different' in capsys.readouterr().err


def test_a_file_that_is_not_there_is_an_error(
    exports: tuple[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = str(tmp_path / 'missing.json')
    assert commands.run(diff.Diff, tmp_path, exports[0], missing) == 2
    assert 'missing.json cannot be read' in capsys.readouterr().err

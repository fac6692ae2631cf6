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


"""The plugin that authors of plugins are shown, as if it were installed.

What the documentation shows of it are its files; its own tests run where it
is installed, by ``tox -e plugin``.
"""

import pathlib
import shutil
import tomllib
import typing

from tests.docs import blocks

FOLDER: typing.Final = blocks.ROOT / 'tests/functional/plugin'
PACKAGE: typing.Final = FOLDER / 'cdm_graph_racks'
RACKS: typing.Final = FOLDER / 'racks.yaml'
#: That of its options, in the configuration of a daemon.
SECTION: typing.Final = 'racks'


def install(folder: pathlib.Path) -> None:
    """Put it into a folder, with what pip would note of its entry points."""
    shutil.copytree(PACKAGE, folder / PACKAGE.name)
    project = tomllib.loads((FOLDER / 'pyproject.toml').read_text())['project']
    noted = folder / f'{PACKAGE.name}-{project["version"]}.dist-info'
    noted.mkdir()
    (noted / 'METADATA').write_text(
        f'Name: {project["name"]}\nVersion: {project["version"]}\n'
    )
    (noted / 'entry_points.txt').write_text(
        ''.join(
            f'[{group}]\n'
            + ''.join(f'{name} = {value}\n' for name, value in points.items())
            for group, points in project['entry-points'].items()
        )
    )

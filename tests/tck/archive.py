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

"""The kit itself: the archive in which the openCypher TCK is published."""

import collections.abc
import pathlib
import subprocess
import typing
import zipfile

_ARTIFACT: typing.Final = 'org.opencypher:tck:1.0.0-M23'
_FEATURES: typing.Final = 'features/'
_TIMEOUT: typing.Final = 300.0


def download(folder: pathlib.Path) -> pathlib.Path:
    """Copy the archive into a folder with Maven, and return its path."""
    _, name, version = _ARTIFACT.split(':')
    path = folder / f'{name}-{version}.jar'
    if not path.exists():
        subprocess.run(
            [
                'mvn',
                '--batch-mode',
                '--quiet',
                '-Dstyle.color=never',
                'dependency:copy',
                f'-Dartifact={_ARTIFACT}',
                f'-DoutputDirectory={folder}',
            ],
            check=True,
            timeout=_TIMEOUT,
            # It has to find no project of its own here.
            cwd=folder,
        )
    return path


class Archive:
    """Reads features and graphs from the archive."""

    def __init__(self, path: pathlib.Path) -> None:
        self._zip = zipfile.ZipFile(path)

    def features(self) -> collections.abc.Iterator[tuple[str, str]]:
        """Yield the name of each feature's file, and its text."""
        for name in sorted(self._zip.namelist()):
            if name.startswith(_FEATURES) and name.endswith('.feature'):
                yield name.removeprefix(_FEATURES), self._text(name)

    def graph(self, name: str) -> str:
        """Return the statement that creates one of the named graphs."""
        return self._text(f'graphs/{name}/{name}.cypher').rstrip(' \n;')

    def _text(self, name: str) -> str:
        return self._zip.read(name).decode()

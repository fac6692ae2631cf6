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

import collections.abc
import errno
import gzip
import os
import pathlib
import stat

import pytest

from cdm_graph import exceptions
from cdm_graph.export import files


def _names(directory: pathlib.Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_file_is_written_whole(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'cloud.graphml'
    files.write(str(path), (f'{number}é\n' for number in range(5000)))
    assert path.read_text(encoding='utf-8') == ''.join(
        f'{number}é\n' for number in range(5000)
    )
    assert _names(tmp_path) == ['cloud.graphml']


def test_what_is_called_gz_is_compressed(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'cloud.graphml.gz'
    text = [f'{number}é\n' for number in range(5000)]
    files.write(str(path), text)
    with gzip.open(path, 'rt', encoding='utf-8') as stream:
        assert stream.read() == ''.join(text)
    first = path.read_bytes()
    assert len(first) < len(''.join(text))
    files.write(str(path), text)
    assert path.read_bytes() == first
    assert _names(tmp_path) == ['cloud.graphml.gz']


def test_a_file_that_was_there_is_replaced_and_keeps_its_mode(
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / 'cloud.graphml'
    path.write_text('old')
    path.chmod(0o640)
    files.write(str(path), ['new'])
    assert path.read_text() == 'new'
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_of_any_new_file(
    tmp_path: pathlib.Path,
) -> None:
    mask = os.umask(0o027)
    try:
        files.write(str(tmp_path / 'new'), ['new'])
    finally:
        assert os.umask(mask) == 0o027
    assert stat.S_IMODE((tmp_path / 'new').stat().st_mode) == 0o640


def test_who_reads_meanwhile_sees_the_old_or_the_new(
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / 'cloud.graphml'
    path.write_text('old')
    seen: list[str] = []

    def chunks() -> collections.abc.Iterator[str]:
        for _ in range(3000):
            yield 'new'
            if len(seen) < 5:
                seen.append(path.read_text())

    with path.open() as held:
        files.write(str(path), chunks())
        assert held.read() == 'old'
    assert set(seen) == {'old'}
    assert path.read_text() == 'new' * 3000


def _full(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_file(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / 'cloud.graphml'
    path.write_text('old')
    monkeypatch.setattr(os, 'fsync', _full)
    with pytest.raises(
        exceptions.ExportError, match='cannot be written: No space left'
    ) as caught:
        files.write(str(path), ['new'])
    assert str(path) in str(caught.value)
    assert path.read_text() == 'old'
    assert _names(tmp_path) == ['cloud.graphml']


def test_a_mistake_while_writing_leaves_the_old_file(
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / 'cloud.graphml'
    path.write_text('old')

    def chunks() -> collections.abc.Iterator[str]:
        yield 'new'
        raise KeyError('a mistake')

    with pytest.raises(KeyError):
        files.write(str(path), chunks())
    assert path.read_text() == 'old'
    assert _names(tmp_path) == ['cloud.graphml']


@pytest.mark.parametrize(
    'where',
    [
        'no-such/cloud.graphml',
        'file/cloud.graphml',
        '.',
        'x' * 300,
    ],
)
def test_what_is_no_place_for_a_file_is_an_error(
    tmp_path: pathlib.Path, where: str
) -> None:
    (tmp_path / 'file').write_text('old')
    with pytest.raises(exceptions.ExportError, match='cannot be written'):
        files.write(str(tmp_path / where), ['new'])
    assert _names(tmp_path) == ['file']


def test_a_directory_that_takes_no_files_is_an_error() -> None:
    # Not even root may write there.
    with pytest.raises(exceptions.ExportError, match='cannot be written'):
        files.write('/proc/cloud.graphml', ['new'])


def test_a_full_disk_is_an_error() -> None:
    with pytest.raises(exceptions.ExportError, match='No space left'):
        files.write('/dev/full', ['new'])


@pytest.mark.skipif(
    not pathlib.Path('/proc/self').exists(), reason='there is no /proc'
)
def test_a_file_system_that_takes_no_files_is_an_error() -> None:
    with pytest.raises(exceptions.ExportError, match='/proc/cloud'):
        files.write('/proc/cloud', ['new'])


def test_devices_are_written_and_not_replaced() -> None:
    files.write('/dev/null', ['new'])
    assert stat.S_ISCHR(os.stat('/dev/null').st_mode)


@pytest.mark.skipif(
    not pathlib.Path('/dev/full').exists(), reason='there is no /dev/full'
)
def test_a_device_that_is_full_is_an_error() -> None:
    with pytest.raises(exceptions.ExportError, match='No space left'):
        files.write('/dev/full', ['new'] * 100_000)

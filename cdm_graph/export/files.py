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

"""Writing an export to a file, all of it or nothing."""

import collections.abc
import contextlib
import os
import pathlib
import tempfile

from cdm_graph import exceptions

#: Pieces that are joined before they are written.
_BATCH = 1000


def write(path: str, chunks: collections.abc.Iterable[str]) -> None:
    """Write a file; one that was there is replaced when all is written.

    :raises cdm_graph.exceptions.ExportError: if it cannot be written; a file
        that was there is as it was
    """
    target = pathlib.Path(path)
    try:
        _replace(target, chunks)
    except OSError as error:
        raise exceptions.ExportError(
            f'{path} cannot be written: {error.strerror or error}.'
        ) from error


def _replace(
    target: pathlib.Path, chunks: collections.abc.Iterable[str]
) -> None:
    if target.exists() and not target.is_file():
        # Standard output and the like: nothing to replace.
        with target.open('w', encoding='utf-8') as stream:
            _pour(chunks, stream.write)
        return
    descriptor, name = tempfile.mkstemp(
        prefix=f'.{target.name}.', dir=target.parent
    )
    try:
        with open(descriptor, 'w', encoding='utf-8') as stream:
            _pour(chunks, stream.write)
            stream.flush()
            os.fsync(descriptor)
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _pour(
    chunks: collections.abc.Iterable[str],
    write_to: collections.abc.Callable[[str], object],
) -> None:
    batch: list[str] = []
    for chunk in chunks:
        batch.append(chunk)
        if len(batch) == _BATCH:
            write_to(''.join(batch))
            batch.clear()
    write_to(''.join(batch))


def _mode(target: pathlib.Path) -> int:
    """Return the permissions that the file has, or would get."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask

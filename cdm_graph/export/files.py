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

"""Writing an export to a file, all of it or nothing.

What is to be called ``.gz`` is compressed, as networkx expects.
"""

import collections.abc
import contextlib
import gzip
import os
import pathlib
import tempfile
import typing

from cdm_graph import exceptions
from cdm_graph.export import formats

_COMPRESSED: typing.Final = '.gz'
#: Beyond this the file shrinks by little, and the time grows by much.
_EFFORT: typing.Final = 5


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
        with target.open('wb') as stream:
            _pour(chunks, stream, target)
        return
    descriptor, name = tempfile.mkstemp(
        prefix=f'.{target.name}.', dir=target.parent
    )
    try:
        with open(descriptor, 'wb') as stream:
            _pour(chunks, stream, target)
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
    stream: typing.BinaryIO,
    target: pathlib.Path,
) -> None:
    """Write text to a stream of bytes, as what the target is to hold."""
    with (
        _compressing(stream)
        if target.suffix == _COMPRESSED
        else contextlib.nullcontext(stream) as to
    ):
        to.writelines(formats.encoded(chunks))


def _compressing(stream: typing.BinaryIO) -> gzip.GzipFile:
    # Without the name and the moment, which would make equal models differ.
    return gzip.GzipFile(
        filename='',
        mode='wb',
        compresslevel=_EFFORT,
        fileobj=stream,
        mtime=0,
    )


def _mode(target: pathlib.Path) -> int:
    """Return the permissions that the file has, or would get."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask

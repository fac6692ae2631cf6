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
"""The live page: files of the package, as a browser wants them.

They are few and small, so they are read once and kept.  A browser asks each
time whether a file is another one, and mostly hears that it is not: after an
upgrade nobody sees half of the old page.

All that the page loads comes from here: the policy that each file is sent
with forbids everything else, and scripts and styles within the document.
"""

import dataclasses
import functools
import hashlib
import importlib.resources
import pathlib
import typing

from starlette import requests
from starlette import responses

from cdm_graph.api import answers

_FOLDER: typing.Final = 'page'
_DOCUMENT: typing.Final = 'index.html'
_MEDIA_TYPES: typing.Final = {
    '.css': 'text/css',
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.svg': 'image/svg+xml',
}
_HEADERS: typing.Final = {
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': (
        "default-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; object-src 'none'"
    ),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
}


@dataclasses.dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    tag: str


async def document(request: requests.Request) -> responses.Response:
    """Answer the page itself."""
    return _answer(request, _DOCUMENT)


async def file(request: requests.Request) -> responses.Response:
    """Answer a file that the page is made of."""
    return _answer(request, request.path_params['name'])


def _answer(request: requests.Request, name: str) -> responses.Response:
    found = _files().get(name)
    if found is None:
        return answers.error(404, 'The page has no such file.')
    headers = {**_HEADERS, 'ETag': found.tag}
    if found.tag in _tags(request.headers.get('If-None-Match', '')):
        return responses.Response(status_code=304, headers=headers)
    return responses.Response(
        found.content, headers=headers, media_type=found.media_type
    )


def _tags(header: str) -> list[str]:
    return [each.strip().removeprefix('W/') for each in header.split(',')]


@functools.cache
def _files() -> dict[str, _File]:
    """Return all that the page is made of, by name.

    A name that was asked for is looked up here and never on the disk: there
    is no way out of the folder.
    """
    folder = importlib.resources.files('cdm_graph.api') / _FOLDER
    return {
        each.name: _read(each.name, each.read_bytes())
        for each in folder.iterdir()
        if pathlib.PurePath(each.name).suffix in _MEDIA_TYPES
    }


def _read(name: str, content: bytes) -> _File:
    digest = hashlib.sha256(content).hexdigest()[:32]
    media_type = _MEDIA_TYPES[pathlib.PurePath(name).suffix]
    return _File(content, media_type, f'"{digest}"')

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

"""Answers in JSON, whatever is in them.

What orjson cannot say, such as text that is no Unicode or a number beyond 64
bits, is said by the standard library, which escapes it.
"""

import json
import typing

import orjson
from starlette import responses

_MEDIA_TYPE: typing.Final = 'application/json'


def answer(
    content: typing.Any,
    status: int = 200,
    headers: typing.Mapping[str, str] | None = None,
) -> responses.Response:
    """Return an answer.

    :param content: plain values
    """
    return responses.Response(_text(content), status, headers, _MEDIA_TYPE)


def error(
    status: int,
    sentence: str,
    headers: typing.Mapping[str, str] | None = None,
) -> responses.Response:
    """Return the answer to what cannot be answered."""
    return answer({'error': sentence}, status, headers)


def _text(content: typing.Any) -> bytes:
    try:
        return orjson.dumps(content)
    except TypeError:
        return json.dumps(content).encode()

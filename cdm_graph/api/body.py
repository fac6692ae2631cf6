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

"""Reading the body of a request, as far as one can be of use."""

import typing

from starlette import requests

from cdm_graph import exceptions

#: Bytes; a query with very many parameters has some hundred kilobytes.
MOST: typing.Final = 1 << 20


async def read(request: requests.Request) -> bytes:
    """Return the body.

    :raises cdm_graph.exceptions.RequestTooLarge: if it is larger than
        :data:`MOST`; no more than that is ever held
    """
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > MOST:
            raise exceptions.RequestTooLarge(
                f'The body of a request has at most {MOST} bytes.'
            )
    return bytes(found)

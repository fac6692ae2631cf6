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

"""What the API is, as OpenAPI describes it: ``openapi.json``.

It is written by hand, since what a field means is no matter of its type; a
test holds it against the routes.  Which kinds and relations there are the
schema tells, to which plugins add.
"""

import functools
import importlib.resources
import json
import typing

from starlette import requests
from starlette import responses

from cdm_graph.model import schema

_NAME: typing.Final = 'openapi.json'


async def answer(request: requests.Request) -> responses.Response:
    """Answer the document."""
    return responses.Response(_text(), media_type='application/json')


@functools.cache
def _text() -> bytes:
    folder = importlib.resources.files('cdm_graph.api')
    document = json.loads(folder.joinpath(_NAME).read_bytes())
    described = document['components']['schemas']
    described['Kind']['enum'] = list(schema.Kind)
    described['Relation']['enum'] = list(schema.Relation)
    return json.dumps(document).encode()

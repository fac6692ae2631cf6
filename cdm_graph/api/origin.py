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

"""Whether a page of another site asks, through the browser of its reader.

What such a page reads the browser keeps from it; so only what does more than
read matters.
"""

import typing

from starlette import datastructures

REFUSED: typing.Final = 'Pages of other sites may not ask for that.'
_SAFE: typing.Final = frozenset({'GET', 'HEAD'})
_SCHEMES: typing.Final = ('http', 'https')


def is_of_another_site(method: str, headers: datastructures.Headers) -> bool:
    """Return whether a request acts for a page of another site.

    A browser tells the origin of each such request; programs tell none.
    """
    told = headers.get('Origin')
    if method in _SAFE or told is None:
        return False
    host = headers.get('Host', '')
    return told not in {f'{scheme}://{host}' for scheme in _SCHEMES}

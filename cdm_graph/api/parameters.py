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

"""What the query of a URL asks for."""

import typing

from starlette import datastructures

from cdm_graph import exceptions
from cdm_graph.model import schema
from cdm_graph.model import selection as selections

#: Unless more are asked for.
_LIMIT: typing.Final = 1000
#: Digits that are looked at: no more than that many are ever wanted.
_DIGITS: typing.Final = 9


def selection(
    given: datastructures.QueryParams,
) -> selections.Selection:
    """Return which changes are chosen.

    :raises cdm_graph.exceptions.InvalidRequest: if there is no such kind
    """
    kinds = given.getlist('kind')
    for name in kinds:
        if name not in set(schema.Kind):
            raise exceptions.InvalidRequest(
                f'kind: there is no {name!r}; there are '
                f'{", ".join(schema.Kind)}.'
            )
    return selections.Selection(
        frozenset(map(schema.Kind, kinds)),
        given.get('element'),
        given.get('project'),
        given.get('host'),
    )


def limit(given: datastructures.QueryParams) -> int:
    """Return how many are asked for at most.

    :raises cdm_graph.exceptions.InvalidRequest: if that is no number
    """
    text = given.get('limit', str(_LIMIT))
    wanted = int(text[:_DIGITS]) if text.isdecimal() else 0
    if not wanted:
        raise exceptions.InvalidRequest(
            f'limit: {text!r} is no positive number.'
        )
    return wanted

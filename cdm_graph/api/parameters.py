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

import json
import math
import typing

from starlette import datastructures

from cdm_graph import exceptions
from cdm_graph import moments
from cdm_graph.model import period as periods
from cdm_graph.model import schema
from cdm_graph.model import selection as selections
from cdm_graph.model import terms

#: How many, unless that is asked for; and at most.
_LIMIT: typing.Final = 1000
_MOST: typing.Final = 20_000
#: Digits of a number that makes sense.
_DIGITS: typing.Final = 9
#: Characters of a mistake that are shown.
_SHOWN: typing.Final = 60
_NAME = typing.TypeVar('_NAME', bound=terms.Term)


def selection(given: datastructures.QueryParams) -> selections.Selection:
    """Return which changes are chosen.

    :raises cdm_graph.exceptions.InvalidRequest: if there is no such kind
    """
    return selections.Selection(
        kinds(given),
        given.get('element'),
        given.get('project'),
        given.get('host'),
    )


def kinds(given: datastructures.QueryParams) -> frozenset[schema.Kind]:
    """Return the kinds of elements that are named.

    :raises cdm_graph.exceptions.InvalidRequest: if there is no such kind
    """
    return _names(given, 'kind', schema.Kind)


def relations(
    given: datastructures.QueryParams,
) -> frozenset[schema.Relation]:
    """Return the types of relations that are named.

    :raises cdm_graph.exceptions.InvalidRequest: if there is no such type
    """
    return _names(given, 'relation', schema.Relation)


def limit(given: datastructures.QueryParams) -> int:
    """Return how many are asked for at most.

    :raises cdm_graph.exceptions.InvalidRequest: if that is no number
    """
    return number(given, 'limit', _LIMIT, 1, _MOST)


def number(
    given: datastructures.QueryParams,
    name: str,
    default: int,
    least: int,
    most: int,
) -> int:
    """Return an integer between two others.

    :raises cdm_graph.exceptions.InvalidRequest: if it is none
    """
    text = given.get(name, str(default))
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    if not is_number or not least <= int(text) <= most:
        raise exceptions.InvalidRequest(
            f'{name}: {text[:_SHOWN]!r} is no integer from {least} to {most}.'
        )
    return int(text)


def seconds(
    given: datastructures.QueryParams,
    name: str,
    default: float,
    most: float,
) -> float:
    """Return a positive number of seconds.

    :raises cdm_graph.exceptions.InvalidRequest: if it is none
    """
    text = given.get(name, str(default))
    try:
        found = float(text) if text.isascii() else math.nan
    except ValueError:
        found = math.nan
    if not 0 < found <= most:
        raise exceptions.InvalidRequest(
            f'{name}: {text[:_SHOWN]!r} is no number of seconds up to '
            f'{most:g}.'
        )
    return found


def period(given: datastructures.QueryParams) -> periods.Period:
    """Return the time that is asked for.

    :raises cdm_graph.exceptions.InvalidRequest: if a moment is none, or they
        are the wrong way round
    """
    since, until = _moment(given, 'since'), _moment(given, 'until')
    if since is not None and until is not None and since >= until:
        raise exceptions.InvalidRequest('since: it is not before until.')
    return periods.Period(since, until)


def required(given: datastructures.QueryParams, name: str) -> list[str]:
    """Return what has to be said once at least.

    :raises cdm_graph.exceptions.InvalidRequest: if it is not
    """
    found = given.getlist(name)
    if not found:
        raise exceptions.InvalidRequest(f'{name}: it has to be said.')
    return found


def json_object(
    given: datastructures.QueryParams, name: str
) -> dict[str, typing.Any]:
    """Return what is said in JSON; nothing if it is left out.

    :raises cdm_graph.exceptions.InvalidRequest: if it is no object
    """
    try:
        found = json.loads(given.get(name, '{}'))
    except (ValueError, RecursionError) as error:
        raise exceptions.InvalidRequest(
            f'{name}: it is no JSON: {error}.'
        ) from error
    if not isinstance(found, dict):
        raise exceptions.InvalidRequest(f'{name}: it is no object of JSON.')
    return found


def _moment(given: datastructures.QueryParams, name: str) -> float | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        return moments.read(text)
    except (ValueError, OverflowError) as error:
        raise exceptions.InvalidRequest(
            f'{name}: {text[:_SHOWN]!r} is no moment, such as '
            '2026-01-31T12:00:00Z, or the seconds since 1970.'
        ) from error


def _names(
    given: datastructures.QueryParams, name: str, known: type[_NAME]
) -> frozenset[_NAME]:
    found = set()
    for text in given.getlist(name):
        if text not in set(known):
            raise exceptions.InvalidRequest(
                f'{name}: there is no {text[:_SHOWN]!r}; there are '
                f'{", ".join(known)}.'
            )
        found.add(known(text))
    return frozenset(found)

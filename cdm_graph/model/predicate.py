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

"""Conditions on attributes, as plain values say them.

A condition is ``{"attribute": value}``, which asks for equality, or
``{"attribute": {"operator": value}}``; all of several have to hold.  What an
element has not, or has none of, fulfils no condition but ``ne``; neither do
values of types that have no order.
"""

import collections.abc
import dataclasses
import datetime
import operator
import typing

from cdm_graph import exceptions
from cdm_graph.model import schema

_Compare = collections.abc.Callable[[typing.Any, typing.Any], bool]


def _contains(value: typing.Any, wanted: typing.Any) -> bool:
    return str(wanted) in value


def _is_in(value: typing.Any, wanted: typing.Any) -> bool:
    return value in wanted


#: What may be asked for.
OPERATORS: typing.Final[dict[str, _Compare]] = {
    'eq': operator.eq,
    'ne': operator.ne,
    'lt': operator.lt,
    'le': operator.le,
    'gt': operator.gt,
    'ge': operator.ge,
    'in': _is_in,
    'contains': _contains,
}
_ATTRIBUTES: typing.Final = frozenset(
    attribute.name
    for attributes in schema.ATTRIBUTES.values()
    for attribute in attributes
)
_MOMENTS: typing.Final = frozenset(
    name for names in schema.MOMENTS.values() for name in names
)


@dataclasses.dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on one attribute.

    :param operator: one of :data:`OPERATORS`
    """

    attribute: str
    operator: str
    value: typing.Any

    def holds(self, element: schema.Element) -> bool:
        """Return whether an element fulfils it."""
        known = getattr(element, self.attribute, None)
        if known is None:
            return self.operator == 'ne' and self.value is not None
        if isinstance(known, tuple):
            known = list(known)
        try:
            return bool(OPERATORS[self.operator](known, self.value))
        except TypeError:
            return False


def read(conditions: object) -> tuple[Predicate, ...]:
    """Return the conditions that an object of JSON says.

    :raises cdm_graph.exceptions.InvalidRequest: if it says none that there
        can be
    """
    if not isinstance(conditions, dict):
        raise exceptions.InvalidRequest(
            'Conditions are an object, such as {"vcpus": {"ge": 4}}.'
        )
    return tuple(
        predicate
        for attribute, condition in conditions.items()
        for predicate in _of_attribute(attribute, condition)
    )


def _of_attribute(
    attribute: str, condition: object
) -> collections.abc.Iterator[Predicate]:
    if attribute not in _ATTRIBUTES:
        raise exceptions.InvalidRequest(
            f'No element has an attribute {attribute!r}.'
        )
    if not isinstance(condition, dict):
        condition = {'eq': condition}
    for name, value in condition.items():
        if name not in OPERATORS:
            raise exceptions.InvalidRequest(
                f'{attribute}: there is no operator {name!r}; there are '
                f'{", ".join(OPERATORS)}.'
            )
        if name == 'in' and not isinstance(value, list):
            raise exceptions.InvalidRequest(f'{attribute}: "in" takes a list.')
        yield Predicate(attribute, name, _value(attribute, value))


def _value(attribute: str, value: typing.Any) -> typing.Any:
    """Return a value as elements have it."""
    if isinstance(value, list):
        return [_value(attribute, each) for each in value]
    if attribute not in _MOMENTS or not isinstance(value, str):
        return value
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError as error:
        raise exceptions.InvalidRequest(
            f'{attribute}: {value!r} is no moment, such as '
            '2026-01-31T12:00:00Z.'
        ) from error
    if moment.tzinfo is None:
        return moment.replace(tzinfo=datetime.UTC)
    return moment

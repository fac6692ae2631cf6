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

"""Lazy: an element of Watcher's that knows its facts when it is asked.

It is of one of Watcher's own classes, so that whatever looks at its type, its
fields, or compares, prints or changes it finds what it expects.  Only the
facts come from an element of the model, each when it is first read, by the
way that versioned objects have for that: making one costs next to nothing.

What is written to one stays in it: it belongs to one model, of one strategy.
"""

import collections.abc
import copy
import datetime
import typing

from watcher.objects import base

Tell = collections.abc.Callable[[typing.Any], typing.Any]
#: When what has no time was created, to Watcher.
UNKNOWN: typing.Final = datetime.datetime.fromtimestamp(0, tz=datetime.UTC)


class Lazy:
    """What reads its fields where it was made from, when they are asked for.

    ``facts`` tells for each field how.

    :param of: the element of the model
    """

    facts: typing.ClassVar[dict[str, Tell]]
    #: The fields that have no value where their facts are none: Watcher
    #: leaves out what it is not told, too.
    optional: typing.ClassVar[frozenset[str]] = frozenset()
    fields: typing.ClassVar[dict[str, typing.Any]]
    uuid: str
    as_dict: collections.abc.Callable[[], dict[str, typing.Any]]

    def __init__(self, of: typing.Any) -> None:
        # Not by way of Watcher's constructor of elements: it would set
        # defaults in the place of facts.
        base.WatcherObject.__init__(self)
        self._of = of

    def obj_load_attr(self, attrname: str) -> None:
        """Read a field.

        :raises NotImplementedError: if it has no value
        """
        value = self.facts[attrname](self)
        if value is None and attrname in self.optional:
            super().obj_load_attr(attrname)  # type: ignore[misc]
        setattr(self, base.get_attrname(attrname), value)

    def obj_attr_is_set(self, attrname: str) -> bool:
        """Return whether a field has a value, once it is read."""
        if attrname in self.fields and attrname not in self.optional:
            return True
        is_set = super().obj_attr_is_set(attrname)  # type: ignore[misc]
        return bool(is_set) or self.facts[attrname](self) is not None

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Lazy):
            return super().__eq__(other)
        # The first says it without reading all fields of both.
        return self.uuid == other.uuid and self.as_dict() == other.as_dict()

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: dict[int, typing.Any]) -> typing.Self:
        copied = copy.copy(self)
        memo[id(self)] = copied
        vars(copied).update(
            (name, copy.deepcopy(value, memo))
            for name, value in vars(self).items()
            if name != '_context'
        )
        return copied

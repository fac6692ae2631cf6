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

"""Model: what the data models have in common that strategies are handed."""

import abc
import collections.abc
import typing

from lxml import etree
from watcher.common import exception
from watcher.decision_engine.model import base

from cdm_graph.model import root

_Any = typing.Any


class Model(base.Model):  # type: ignore[misc] # it has no types
    """A snapshot with the interface of one of Watcher's own models.

    A strategy reads it, and tries out moves on it.  It begins as the snapshot
    is, which nobody changes and many share; what a strategy looks at is made
    then, and what it moves is noted beside it.  So a new one costs nothing,
    and none sees what another tried out.

    It belongs to one thread at a time.

    :param snapshot: what it begins as
    :param stale: whether strategies are to refuse it
    """

    def __init__(self, snapshot: root.ModelRoot, *, stale: bool) -> None:
        self.stale = stale
        self._snapshot = snapshot

    def __bool__(self) -> bool:
        return not self.stale

    def to_string(self) -> str:
        """Return it as XML."""
        return self.to_xml()

    def to_xml(self) -> str:
        """Return it as XML, as Watcher's own model writes itself."""
        top = etree.Element('ModelRoot')
        top.extend(self._written())
        return str(etree.tostring(top, pretty_print=True, encoding='unicode'))

    @abc.abstractmethod
    def _written(self) -> collections.abc.Iterable[_Any]:
        """Return the elements that are on no other, with those on them."""


def assert_is(obj: object, cls: type) -> None:
    """Refuse what is not of a class.

    :raises watcher.common.exception.IllegalArgumentException: if it is not
    """
    if not isinstance(obj, cls):
        raise exception.IllegalArgumentException(
            message=f'{obj!r} is no {cls.__name__}.'
        )

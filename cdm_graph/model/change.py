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

"""What the model announces after it committed a mutation."""

import collections.abc
import typing

from cdm_graph.model import schema


class Edge(typing.NamedTuple):
    """A relation between two vertices."""

    source: str
    relation: schema.Relation
    target: str


class Cause(typing.NamedTuple):
    """Why something became different.

    :param what: the type of the event, or how the cloud was read
    :param request_id: OpenStack's id of the request that led to it, where
        the event tells it
    """

    what: str
    request_id: str | None = None


#: Where nobody told.
UNKNOWN: typing.Final = Cause('')


class Change(typing.NamedTuple):
    """One element, or the relations that leave it, became different.

    ``before`` is none for an element that is new, ``after`` for one that is
    gone; they are equal where only relations changed, which happens when the
    other end came or went.
    """

    sequence: int
    key: schema.ElementKey
    before: schema.Element | None
    after: schema.Element | None
    related: tuple[Edge, ...] = ()
    unrelated: tuple[Edge, ...] = ()
    cause: Cause = UNKNOWN


#: Called with the changes of one commit, in the order of their sequence.
Listener = collections.abc.Callable[[collections.abc.Sequence[Change]], None]

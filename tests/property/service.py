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

"""Service: what a pipeline follows, so that each collector is tried alike.

The clauses of the contract are the same for every service; what happens in
it, how it is asked, and what would be true are not.
"""

import collections.abc
import dataclasses
import typing

from cdm_graph.collector import base
from cdm_graph.collector import loadable
from cdm_graph.model import schema
from cdm_graph.notification import handler as handlers
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import truth as truth_module
from tests.support import in_process

Facts = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """The elements whose history is noted, row by row.

    :param cls: their class
    :param table: returns the table of their rows
    :param rows: returns the rows that are in it
    :param written: the methods of the table that write a row
    :param removed: the one that takes a row away, given its UUID; empty if
        there is none
    :param facts: what is true of a row, as the element has it; none if the
        row is no element
    :param is_gone: whether a row is of what is gone
    """

    cls: type[typing.Any]
    table: collections.abc.Callable[[cloud_module.SimulatedCloud], typing.Any]
    rows: collections.abc.Callable[
        [cloud_module.SimulatedCloud], collections.abc.Iterable[typing.Any]
    ]
    written: tuple[str, ...]
    removed: str
    facts: collections.abc.Callable[[typing.Any], Facts | None]
    is_gone: collections.abc.Callable[[typing.Any], bool]
    followed: tuple[str, ...]

    @property
    def kind(self) -> schema.Kind:
        """The kind of the elements."""
        return typing.cast(schema.Kind, self.cls.kind)


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """A service of the cloud, and its collector.

    :param stories: what happens, by what it is about
    :param weights: how often each of it happens
    :param untold: what no notification tells
    :param unlisted: what no list tells
    :param undated: attributes whose last change no notification tells
    :param undated_without_updates: those besides, where Nova tells of no
        change of state
    :param furnish: makes a cloud have it
    :param churn: what the churn is to be told, by weights and a rate
    :param client: asks it, in process
    :param collector: its collector, as it is but for the client
    :param client_name: the attribute of the collector that the client is
    :param handler: that of its notifications
    :param begins_with: other attributes that it has from the beginning
    :param hide: lets a part of it be out of sight
    :param show: lets all of it be in sight again
    """

    name: str
    stories: collections.abc.Mapping[str, tuple[str, ...]]
    weights: collections.abc.Mapping[str, int]
    untold: frozenset[str]
    unlisted: frozenset[str]
    undated: frozenset[str]
    undated_without_updates: frozenset[str]
    furnish: collections.abc.Callable[[cloud_module.SimulatedCloud], None]
    churn: collections.abc.Callable[
        [dict[str, int], float], dict[str, typing.Any]
    ]
    client: type[in_process.InProcess]
    collector: type[base.BaseClusterModelCollector]
    client_name: str
    handler: type[handlers.NotificationHandler]
    begins_with: collections.abc.Mapping[str, typing.Any]
    truth: collections.abc.Callable[
        [cloud_module.SimulatedCloud], truth_module.Truth
    ]
    subject: Subject
    hide: collections.abc.Callable[[typing.Any, float], None]
    show: collections.abc.Callable[[typing.Any], None]

    def collect(
        self, client: in_process.InProcess, surroundings: loadable.Surroundings
    ) -> base.BaseClusterModelCollector:
        """Construct its collector, as it is, with another client."""
        # Not by its type: there would be one in the process.
        made: typing.Any = self.collector.__new__(self.collector)
        for name, value in self.begins_with.items():
            setattr(made, name, value)
        setattr(made, self.client_name, client)
        made._handler = self.handler(made, surroundings.clock)
        super(self.collector, made).__init__(surroundings)
        return typing.cast(base.BaseClusterModelCollector, made)

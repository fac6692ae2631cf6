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

"""A family of metrics: its name, what it means, and where it is read from.

What is exported is read from the daemon's status at the moment of a scrape:
nothing is counted twice, and who does not look costs nothing.
"""

import collections.abc
import dataclasses
import enum
import typing

#: What :meth:`cdm_graph.service.ClusterModelService.status` returns, or the
#: part of it that is of one collector.
Status = collections.abc.Mapping[str, typing.Any]


class Type(enum.StrEnum):
    """What a family's numbers are, in the words of Prometheus."""

    COUNTER = 'counter'
    GAUGE = 'gauge'
    HISTOGRAM = 'histogram'
    SUMMARY = 'summary'


class Sample(typing.NamedTuple):
    """A number, and of what it is.

    :param suffix: what a histogram's sample has after the family's name
    """

    labels: dict[str, str]
    value: float
    suffix: str = ''


Samples = collections.abc.Iterator[Sample]
_Number = float | int | bool | None


@dataclasses.dataclass(frozen=True, slots=True)
class Family:
    """All samples of a name.

    :param name: as it is scraped; its end tells the unit
    :param meaning: a sentence
    :param labels: what tells its samples apart
    :param read: returns the samples that a status has; those that are not
        known are left out
    """

    name: str
    type: Type
    meaning: str
    labels: tuple[str, ...]
    read: collections.abc.Callable[[Status], Samples]


# -- how samples are read ----------------------------------------------------


def once(
    read: collections.abc.Callable[[Status], _Number],
) -> collections.abc.Callable[[Status], Samples]:
    """Read one number of the whole daemon, if it is known."""

    def samples(status: Status) -> Samples:
        value = read(status)
        if value is not None:
            yield Sample({}, float(value))

    return samples


def of_collectors(
    read: collections.abc.Callable[[Status], _Number],
) -> collections.abc.Callable[[Status], Samples]:
    """Read a number of each collector, where it is known."""

    def samples(status: Status) -> Samples:
        for name, shown in status['collectors'].items():
            value = read(shown)
            if value is not None:
                yield Sample({'collector': name}, float(value))

    return samples


def of_collectors_by(
    label: str,
    read: collections.abc.Callable[
        [Status], collections.abc.Mapping[str, float]
    ],
) -> collections.abc.Callable[[Status], Samples]:
    """Read some numbers of each collector, which a label tells apart."""

    def samples(status: Status) -> Samples:
        for name, shown in status['collectors'].items():
            for value, number in read(shown).items():
                yield Sample({'collector': name, label: value}, float(number))

    return samples


def by(
    label: str,
    read: collections.abc.Callable[
        [Status], collections.abc.Mapping[str, float]
    ],
) -> collections.abc.Callable[[Status], Samples]:
    """Read some numbers of the whole daemon, which a label tells apart."""

    def samples(status: Status) -> Samples:
        for value, number in read(status).items():
            yield Sample({label: value}, float(number))

    return samples


def one_of(
    names: collections.abc.Iterable[str], current: str
) -> dict[str, float]:
    """Return 1 for the state that is current, and 0 for all others.

    One that is not among the names is told as well.
    """
    return dict.fromkeys(names, 0.0) | {current: 1.0}

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

"""Findings: what an examination says, in words."""

import collections.abc
import dataclasses
import enum


class Severity(enum.StrEnum):
    """How much a finding matters to the model; the worst comes last."""

    OK = 'ok'
    #: It could not be seen, so it may be anything.
    UNKNOWN = 'unknown'
    #: The model is right; something else would be better.
    ADVICE = 'advice'
    #: A part of the model is late: it waits for a poll or a synchronize.
    STALE = 'stale'
    #: The model is wrong, or cannot be had at all.
    WRONG = 'wrong'


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """What one check says.

    ``words`` are whole sentences; ``remedy`` is what to set, and where, line
    by line, and empty where there is nothing to set.  ``service`` is what the
    check is of; none of the bus, which all share.
    """

    name: str
    severity: Severity
    words: str
    remedy: tuple[str, ...] = ()
    service: str | None = None


def worst(findings: collections.abc.Iterable[Finding]) -> Severity:
    """Return the worst severity; that of no finding is *ok*."""
    return max(
        (finding.severity for finding in findings),
        key=_RANKS.__getitem__,
        default=Severity.OK,
    )


def ranked(findings: collections.abc.Iterable[Finding]) -> list[Finding]:
    """Return findings, the worst first."""
    return sorted(findings, key=lambda each: -_RANKS[each.severity])


def of(
    service: str, findings: collections.abc.Iterable[Finding]
) -> collections.abc.Iterator[Finding]:
    """Yield findings as those of a service."""
    for each in findings:
        yield dataclasses.replace(each, service=service)


def some(names: collections.abc.Iterable[str], most: int = 3) -> str:
    """Return the first few of some names, and how many more there are."""
    known = sorted(names)
    shown = ', '.join(known[:most])
    more = len(known) - most
    return f'{shown} and {more} more' if more > 0 else shown


def count(number: int, what: str) -> str:
    """Return a number of things, one or many."""
    return f'{number} {what}' if number == 1 else f'{number} {what}s'

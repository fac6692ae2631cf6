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

"""What was true of each element, and what the model showed of it, in order.

Both are noted as they happen, change by change: a state that nobody looked at
counts too.
"""

import collections
import collections.abc
import dataclasses
import datetime
import typing

from cdm_graph.model import change
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.simulation import cloud as cloud_module
from tests.property import service as services
from tests.support import clock as clocks

_NEVER: typing.Final = float('-inf')
_STILL: typing.Final = float('inf')
#: What is true of the attributes of what is not there.
_GONE: typing.Final = object()


@dataclasses.dataclass(frozen=True, slots=True)
class _Look:
    """What the model showed at one moment, and since when it vouches.

    :param waits_for_word: whether it vouches only for what somebody was told
        of
    """

    at: float
    floor: float
    shown: dict[str, services.Facts]
    waits_for_word: bool


@dataclasses.dataclass(slots=True)
class _Life:
    """From when to when there was something."""

    born: float
    died: float = _STILL


@dataclasses.dataclass(slots=True)
class _Silence:
    """From when something was saved to when that was announced."""

    since: float
    until: float = _STILL


class History:
    """Notes what happens in a cloud, and what a model makes of it."""

    def __init__(
        self,
        subject: services.Subject,
        cloud: cloud_module.SimulatedCloud,
        clock: clocks.FakeClock,
    ) -> None:
        self._subject = subject
        self._clock = clock
        #: For each element and attribute: since when it had which value.
        self._true: dict[str, dict[str, list[tuple[float, typing.Any]]]] = (
            collections.defaultdict(lambda: collections.defaultdict(list))
        )
        self._shown: dict[str, dict[str, list[typing.Any]]] = (
            collections.defaultdict(lambda: collections.defaultdict(list))
        )
        self._updated: dict[str, datetime.datetime] = {}
        self._appearances: collections.Counter[schema.ElementKey] = (
            collections.Counter()
        )
        #: A UUID may be used again.
        self._lives: dict[str, list[_Life]] = collections.defaultdict(list)
        self._silences: dict[str, list[_Silence]] = collections.defaultdict(
            list
        )
        #: When messages came in, and when the oldest of them was sent.
        self._deliveries: list[tuple[float, float]] = []
        self._looks: list[_Look] = []
        self.mistakes: list[str] = []
        self._watch(cloud)

    # -- what happens in the cloud ---

    def _watch(self, cloud: cloud_module.SimulatedCloud) -> None:
        table = self._subject.table(cloud)
        for row in self._subject.rows(cloud):
            if self._subject.facts(row) is not None:
                self._lives[row.uuid].append(_Life(_NEVER))
            self._happened(row)
        for name in self._subject.written:
            setattr(table, name, self._following(getattr(table, name)))
        if self._subject.removed:
            remove = getattr(table, self._subject.removed)
            setattr(table, self._subject.removed, self._ending(remove))

    def _ending(
        self, remove: collections.abc.Callable[[str], typing.Any]
    ) -> collections.abc.Callable[[str], typing.Any]:
        def removed(uuid: str) -> typing.Any:
            row = remove(uuid)
            self._ended(uuid)
            for values in self._true[uuid].values():
                values.append((self._clock.time(), _GONE))
            return row

        return removed

    def _following(
        self, write: collections.abc.Callable[..., typing.Any]
    ) -> collections.abc.Callable[..., typing.Any]:
        def written(row: typing.Any) -> typing.Any:
            done = write(row)
            self._happened(row)
            if not self._is_silent(row.uuid):
                self._silences[row.uuid].append(_Silence(self._clock.time()))
            return done

        return written

    def _happened(self, row: typing.Any) -> None:
        facts = self._subject.facts(row)
        if facts is None:
            return
        now = self._clock.time()
        if self._subject.is_gone(row):
            self._ended(row.uuid)
        elif not self._is_there(row.uuid):
            self._lives[row.uuid].append(_Life(now))
        values = self._true[row.uuid]
        for name, value in facts.items():
            if not values[name] or values[name][-1][1] != value:
                values[name].append((now, value))

    def _is_silent(self, uuid: str) -> bool:
        silences = self._silences[uuid]
        return bool(silences) and silences[-1].until == _STILL

    def announced(self, text: str) -> None:
        """Note that what is sent has those words."""
        for uuid, silences in self._silences.items():
            if self._is_silent(uuid) and uuid in text:
                silences[-1].until = self._clock.time()

    def _is_there(self, uuid: str) -> bool:
        lives = self._lives[uuid]
        return bool(lives) and lives[-1].died == _STILL

    def _ended(self, uuid: str) -> None:
        if self._is_there(uuid):
            self._lives[uuid][-1].died = self._clock.time()

    # -- what the model makes of it ---

    def delivered(self, sent_at: float) -> None:
        """Note that a message came in, which was sent at that moment."""
        self._deliveries.append((self._clock.time(), sent_at))

    def note(self, changes: collections.abc.Sequence[change.Change]) -> None:
        """Note what the model announces."""
        for each in changes:
            if each.before is None and each.after is not None:
                self._appearances[each.key] += 1
            if isinstance(each.after, self._subject.cls):
                self._showed(each.after)
            if each.after is None:
                self._updated.pop(each.key.key, None)

    def _showed(self, element: typing.Any) -> None:
        values = self._shown[element.uuid]
        for name in self._subject.followed:
            value = getattr(element, name)
            if not values[name] or values[name][-1] != value:
                values[name].append(value)
        before = self._updated.get(element.uuid)
        now = element.updated_at
        if now is not None:
            if before is not None and now < before:
                self.mistakes.append(
                    f'{element.uuid}: from {before} back to {now}'
                )
            self._updated[element.uuid] = now

    def look(
        self,
        model: root.ModelRoot,
        as_of: float | None,
        under_way: list[float],
        *,
        waits_for_word: bool = False,
    ) -> None:
        """Note all that the model shows now, which is to be of a moment.

        :param under_way: when the messages were sent that have not come yet
        :param waits_for_word: whether it is to show only what somebody was
            told of
        """
        if as_of is None:
            return
        now = self._clock.time()
        late = [sent for came, sent in self._deliveries if came >= as_of]
        floor = min([as_of, *late, *under_way])
        elements: collections.abc.Iterable[typing.Any] = model.each(
            self._subject.kind
        )
        shown = {
            element.uuid: {
                name: getattr(element, name) for name in self._subject.followed
            }
            for element in elements
        }
        self._looks.append(_Look(now, floor, shown, waits_for_word))

    # -- judgement ---

    def not_in_order(self) -> list[str]:
        """Return where what was shown is no part of what was true, in order.

        To be asked when all is told: a service may tell what it is about to
        do.
        """
        found = list(self.mistakes)
        for uuid, attributes in self._shown.items():
            for name, shown in attributes.items():
                true = [value for _since, value in self._true[uuid][name]]
                left = iter(true)
                if not all(value in left for value in shown):
                    found.append(f'{uuid} {name}: {shown}, true {true}')
        return found

    def resurrected(self) -> list[str]:
        """Return what the model showed again after it was gone.

        Nothing that has a UUID ever comes back, unless the UUID is used
        again.
        """
        return [
            key.vertex
            for key, count in self._appearances.items()
            if count > self._most_appearances(key)
        ]

    def _most_appearances(self, key: schema.ElementKey) -> float:
        if key.kind == self._subject.kind:
            return max(1, len(self._lives[key.key]))
        return _STILL if '/' in key.vertex else 1

    def too_old(self) -> list[str]:
        """Return what was shown longer after it was true than was said."""
        return [
            mistake
            for look in self._looks
            for mistake in (*self._outdated(look), *self._unseen(look))
        ]

    def _outdated(self, look: _Look) -> collections.abc.Iterator[str]:
        for uuid, facts in look.shown.items():
            lives, floor = self._lives[uuid], self._floor(look, uuid)
            if all(life.died < floor for life in lives):
                yield f'{uuid} at {look.at}: there was {lives} only'
            for name, value in facts.items():
                last = self._last_true(uuid, name, value)
                if last < floor:
                    yield (
                        f'{uuid} {name} at {look.at}: {value!r} was true '
                        f'until {last} only, said to be of {floor}'
                    )

    def _unseen(self, look: _Look) -> collections.abc.Iterator[str]:
        for uuid, lives in self._lives.items():
            for life in lives if uuid not in look.shown else ():
                floor = self._floor(look, uuid)
                if life.born < floor and life.died > look.at:
                    yield f'{uuid} at {look.at}: {life} is not shown'

    def _floor(self, look: _Look, uuid: str) -> float:
        """Return since when a look vouches for an element.

        A service saves what it is about to do some time before it tells of
        it: no heartbeat can know.
        """
        if not look.waits_for_word:
            return look.floor
        return min(
            [
                look.floor,
                *(
                    silence.since
                    for silence in self._silences.get(uuid, ())
                    if silence.until >= look.floor
                ),
            ]
        )

    def _last_true(self, uuid: str, name: str, value: typing.Any) -> float:
        values = self._true[uuid][name]
        ends = [since for since, _value in values[1:]] + [_STILL]
        return max(
            (
                end
                for (_since, true), end in zip(values, ends, strict=True)
                if true == value
            ),
            default=_NEVER,
        )

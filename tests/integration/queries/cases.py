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

"""What the curated questions are asked with."""

import collections.abc
import dataclasses
import itertools
import typing

from cdm_graph.store import questions
from tests.integration.queries import metal
from tests.integration.queries import storage
from tests.integration.queries import world
from tests.support import elements

Given = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """A question, and what it is given."""

    question: questions.Question
    given: Given

    def __str__(self) -> str:
        given = ','.join(f'{name}={it}' for name, it in self.given.items())
        return f'{self.question.name}-{given}'.encode(
            'ascii', 'replace'
        ).decode()


#: Parameters that have no default belong together, as a question has them.
_REQUIRED: typing.Final[dict[tuple[str, ...], list[tuple[typing.Any, ...]]]]
_REQUIRED = {
    (): [()],
    ('host',): [
        (world.EVACUATED,),
        (world.OVERFULL,),
        (world.SAME_NAME,),
        ('node-3',),
        ('compute-00001.cloud.test',),
        ('compute-00012.cloud.test',),
        ('no such host',),
    ],
    ('instance',): [
        (world.IN_BOTH,),
        (world.VM,),
        (world.MIGRATING,),
        (elements.uuid(102),),
        (elements.uuid(105),),
        (elements.uuid(123),),
        (elements.uuid(126),),
        (elements.uuid(132),),
        ('no such server',),
    ],
    ('source', 'target'): [
        (elements.uuid(one), elements.uuid(other))
        for one, other in (
            (100, 101),
            (100, 102),
            (101, 105),
            (102, 125),
            (105, 106),
            (111, 124),
            (120, 100),
            (100, 100),
            (100, 9999),
        )
    ],
    ('project',): [(world.RED,), ('blue',), ('no such project',)],
    ('flavor',): [('m1.small',), ('private',), ('no such flavor',)],
    ('image',): [(elements.uuid(999),), ('no such image',)],
    ('name',): [(world.ODD_NAME,), ('vm-000007',), ('no such name',)],
    ('instances',): [
        ([world.IN_BOTH, world.VM, world.VM, 'none', elements.uuid(120)],),
        ([],),
    ],
    ('tag',): [('ä',), ('blue',)],
    ('key', 'value'): [
        (world.ODD_KEY, 'c=d'),
        ('x', ''),
        ('tier', 'web'),
        ('a', 'b%3D=c=d'),
    ],
    ('since',): [
        (elements.moment(0),),
        (elements.moment(5),),
        (elements.moment(6),),
    ],
    ('aggregate',): [('rack',), ('empty',), ('ssd',), ('no such',)],
    ('zone',): [('odd',), ('az1',), ('nova',), ('no such zone',)],
    ('backend',): [
        (storage.CEPH,),
        (storage.AWAY,),
        (storage.LEGACY,),
        ('no such back end',),
    ],
    ('pool',): [
        (storage.FAST,),
        (storage.FORGOTTEN,),
        (storage.REMOVED,),
        ('no such pool',),
    ],
    ('chassis',): [
        (metal.FULL,),
        (metal.BARE,),
        (metal.EMPTY,),
        ('no such chassis',),
    ],
}
#: What else each question that can is asked with.
_MORE: typing.Final[tuple[Given, ...]] = (
    {'region': world.ONE},
    {'region': world.TWO},
    {'region': world.THREE},
    {'region': 'no such region'},
    {'limit': 3},
    {'limit': 0},
    {'soft': True},
    {'shelved': True},
    {'from_volume': True},
    {'most': 1},
    {'least': 4},
    {'flavor': "Größe '1'", 'cpu_ratio': 1.5},
    {'cpu_ratio': 0.5, 'ram_ratio': 1.1, 'disk_ratio': 0.3},
    {'cpu_ratio': 0.0, 'reserved_memory_mb': 60000},
    {'disk_ratio': 1e6},
    {'unavailable': True},
    {'least_first': True},
    {'reserved': True},
    {'ratio': 1.0},
    {'ratio': 0.5},
    {'before': elements.moment(4)},
    {'before': elements.moment(0)},
)


def all_cases() -> collections.abc.Iterator[Case]:
    """Yield each question with all that it is asked with."""
    for question in questions.all_questions():
        required = tuple(
            each.name for each in question.parameters if not each.has_default
        )
        known = {each.name for each in question.parameters}
        more = [given for given in _MORE if set(given) <= known]
        for values, extra in itertools.product(
            _REQUIRED[required], [{}, *more]
        ):
            given = dict(zip(required, values, strict=True))
            yield Case(question, {**given, **extra})

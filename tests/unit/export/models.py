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

"""Models to export, ordinary and hostile."""

import typing

from cdm_graph.model import freshness
from cdm_graph.model import live_model
from cdm_graph.model import schema
from tests.support import clock as clocks
from tests.support import elements

#: What people, and worse, have put into names.
HOSTILE: typing.Final = (
    '',
    ' leading and trailing ',
    '<b>&amp;"quoted"\'</b>',
    ']]>',
    '<!-- --><![CDATA[x]]>',
    'line\nfeed\rreturn\ttab',
    '\x00\x01\x1f',
    '\ud800 a lone surrogate',
    '\ufffe\uffff',
    'עברית \u202e right to left',
    '🙂 𝔘nicode',
    "'; DROP TABLE instances; --",
    '{"a": 1}',
    'x' * 100_000,
)


def ordinary(clock: clocks.FakeClock | None = None) -> live_model.LiveModel:
    node = elements.node(1)
    model = live_model.LiveModel(
        [
            node,
            elements.hosted(
                2,
                node,
                flavor_name='small',
                project_id='red',
                metadata={'tier': 'web'},
                tags=('a', 'b'),
            ),
            elements.aggregate(3, hosts=('host-1',), availability_zone='az1'),
            elements.group(4, members=(elements.uuid(2),)),
            elements.flavor('small', is_public=False),
        ],
        clock=clock or clocks.FakeClock(),
    )
    model.mark_synchronized(clocks.EPOCH, ['a cell is down'])
    return model


def readiness() -> freshness.Readiness:
    return freshness.Readiness.PARTIAL


def hostile() -> live_model.LiveModel:
    """Return a model whose names are what could not pass pydantic too."""
    texts = [text for text in HOSTILE if '\ud800' not in text]
    return live_model.LiveModel(
        elements.instance(
            number,
            name=text,
            metadata={text: text},
            tags=(text,),
            flavor_name=text or None,
            vcpus=2**70 if number % 2 else 1,
        )
        for number, text in enumerate(texts)
    )


def vertex(number: int) -> str:
    return schema.key_of(elements.instance(number)).vertex

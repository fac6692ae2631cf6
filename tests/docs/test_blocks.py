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


"""Every block of the documentation does what it says.

A document is read from its beginning to its end: its blocks build on each
other, as they do for a reader.
"""

import collections.abc
import pathlib

from docutils import core
from docutils import nodes
import pytest

from tests.docs import blocks
from tests.docs import desk as desks
from tests.docs import ledger as ledgers
from tests.docs import treatments

_BY_SPHINX_ALONE = tuple(f'.. {name}::' for name in blocks.NAMED)


@pytest.mark.parametrize(
    'block', blocks.every(), ids=[block.place for block in blocks.every()]
)
def test_a_block_does_what_it_says(
    block: blocks.Block,
    desk_of: collections.abc.Callable[[blocks.Block], desks.Desk],
    ledger: ledgers.Ledger,
) -> None:
    treated = [ledgers.FAILED]
    try:
        treated = treatments.treat(block, desk_of(block))
    finally:
        ledger.note(block.place, block.language, treated)


@pytest.mark.parametrize(
    'path', blocks.PATHS, ids=[path.name for path in blocks.PATHS]
)
def test_no_block_is_overlooked(path: pathlib.Path) -> None:
    """What docutils takes for literal text is what Sybil has found."""
    assert len(blocks.of(path)) == len(_literals(path))


def _literals(path: pathlib.Path) -> list[nodes.Element]:
    document = core.publish_doctree(
        path.read_text(),
        settings_overrides={'report_level': 5, 'halt_level': 5},
    )
    found: list[nodes.Element] = [*document.findall(nodes.doctest_block)]
    for literal in document.findall(nodes.literal_block):
        # docutils shows a directive that it does not know as it is written.
        is_unknown = isinstance(literal.parent, nodes.system_message)
        known_to_sphinx = literal.astext().startswith(_BY_SPHINX_ALONE)
        if known_to_sphinx or not is_unknown:
            found.append(literal)
    return found

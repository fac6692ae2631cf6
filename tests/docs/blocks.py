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


"""The blocks of the documentation, as Sybil finds them.

A block is whatever a reader sees set apart as literal text.  Sybil's lexers
find the directives; so that none is overlooked, docutils counts them too
(:mod:`tests.docs.test_blocks`).
"""

import collections.abc
import functools
import pathlib
import re
import typing

import sybil
from sybil import region as regions
from sybil.parsers.abstract import lexers
from sybil.parsers.rest import lexers as rest_lexers

ROOT: typing.Final = pathlib.Path(__file__).parents[2]
PATHS: typing.Final = (
    ROOT / 'README.rst',
    ROOT / 'CONTRIBUTING.rst',
    *sorted((ROOT / 'doc/source').rglob('*.rst')),
)
#: What stands for the language of a block that names none.
UNNAMED: typing.Final = '::'
#: Directives of which the name is all that is said of the language.
NAMED: typing.Final = ('testcode', 'testoutput', 'literalinclude')

_DIRECTIVES: typing.Final = rest_lexers.DirectiveLexer(
    '|'.join(('code-block', *NAMED))
)
#: A paragraph that ends with two colons, and is no directive.
_PARAGRAPHS: typing.Final = lexers.BlockLexer(
    re.compile(r'^(?P<prefix>[ \t]*)(?!\.\.[ ])\S[^\n]*::\n', re.MULTILINE),
    rest_lexers.END_PATTERN_TEMPLATE,
)


class Block(typing.NamedTuple):
    """One block."""

    example: sybil.Example
    language: str

    @property
    def path(self) -> pathlib.Path:
        """The document, from the root of the tree."""
        return pathlib.Path(self.example.path).relative_to(ROOT)

    @property
    def text(self) -> str:
        """What is in it."""
        return str(self.example.parsed)

    @property
    def place(self) -> str:
        """Where it is, as compilers say it."""
        return f'{self.path}:{self.example.line}'


def _parse(
    document: sybil.Document,
) -> collections.abc.Iterator[regions.Region]:
    """Yield all blocks, each with its language as what Sybil evaluates."""
    for found in _DIRECTIVES(document):
        name = found.lexemes['directive']
        argument = found.lexemes['arguments'] or ''
        included = name == 'literalinclude'
        found.parsed = argument if included else found.lexemes['source']
        found.lexemes['language'] = name if name in NAMED else argument
        yield found
    for found in _PARAGRAPHS(document):
        found.parsed = found.lexemes['source'].strip_leading_newlines()
        found.lexemes['language'] = UNNAMED
        yield found


_SYBIL: typing.Final = sybil.Sybil(
    parsers=[_parse], pattern='*.rst', path=str(ROOT)
)


def of(path: pathlib.Path) -> list[Block]:
    """Return the blocks of a document, in their order."""
    return [
        Block(example, example.region.lexemes['language'])
        for example in _SYBIL.parse(path).examples()
    ]


@functools.cache
def every() -> tuple[Block, ...]:
    """Return all blocks of all documents."""
    return tuple(block for path in PATHS for block in of(path))

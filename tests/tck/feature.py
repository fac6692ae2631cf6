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

"""Features as scenarios, one for each row of an outline's examples."""

import collections.abc
import dataclasses
import re
import typing

from gherkin import parser
from gherkin.pickles import compiler

#: No scenario of the language: this one is known to be wrong.
_IGNORED: typing.Final = '@ignore'
_PROCEDURE: typing.Final = re.compile('there exists a procedure ')

Table = tuple[tuple[str, ...], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """A sentence, with the text or the table below it."""

    sentence: str
    text: str = ''
    table: Table = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Scenario:
    """What is given, what is done, and what has to come of it."""

    file: str
    line: int
    name: str
    ignored: bool
    steps: tuple[Step, ...]

    @property
    def folder(self) -> str:
        """The top folder."""
        return self.file.partition('/')[0]

    @property
    def needs_procedure(self) -> bool:
        """Whether a procedure is given, which no query can bring about."""
        return any(_PROCEDURE.match(step.sentence) for step in self.steps)


def scenarios(file: str, text: str) -> collections.abc.Iterator[Scenario]:
    """Yield the scenarios of a feature."""
    document: typing.Any = parser.Parser().parse(text)
    document['uri'] = file
    for pickle in compiler.Compiler().compile(document):
        yield Scenario(
            file=file,
            line=pickle['location']['line'],
            name=pickle['name'],
            ignored=any(tag['name'] == _IGNORED for tag in pickle['tags']),
            steps=tuple(map(_step, pickle['steps'])),
        )


def _step(step: typing.Any) -> Step:
    argument = step.get('argument', {})
    rows = argument.get('dataTable', {}).get('rows', ())
    return Step(
        sentence=step['text'],
        text=argument.get('docString', {}).get('content', ''),
        table=tuple(
            tuple(cell['value'] for cell in row['cells']) for row in rows
        ),
    )

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

"""How the TCK writes values: ``(:A {name: 'a'})``, ``[1, 2.0, null]``."""

import collections.abc
import re
import typing

from tests.tck import values

_TOKEN: typing.Final = re.compile(
    r"""
    \s*
    (?:
        (?P<float>-?(?:\d+\.\d+(?:e-?\d+)?|\d+e-?\d+|Inf)(?!\w)|NaN(?!\w))
        | (?P<integer>-?\d+)(?![\w.])
        | '(?P<text>(?:[^'\\]|\\.)*)'
        | `(?P<quoted>[^`]*)`
        | (?P<name>\w+)
        | (?P<sign><-\[|\]->|-\[|\]-|[][(){}<>:,])
        | (?P<end>\Z)
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: typing.Final = re.compile(r'\\(.)', re.DOTALL)
_WORDS: typing.Final[dict[str, object]] = {
    'null': None,
    'true': True,
    'false': False,
}


def parse(text: str) -> object:
    """Return the value that a text stands for.

    :raises ValueError: if it stands for none
    """
    return _Parser(text).parse()


class _Parser:
    """Takes one token after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._kind = ''
        self._token = ''
        self._next = 0
        self._advance()

    def parse(self) -> object:
        value = self._value()
        if self._kind != 'end':
            raise self._error()
        return value

    def _advance(self) -> str:
        """Go on to the next token, and return the one before."""
        passed = self._token
        found = _TOKEN.match(self._text, self._next)
        if not found or not found.lastgroup:
            raise self._error()
        self._next = found.end()
        self._kind, self._token = found.lastgroup, found[found.lastgroup]
        return passed

    def _error(self) -> ValueError:
        return ValueError(f'No value: {self._text!r} near {self._next}')

    def _is(self, sign: str) -> bool:
        return self._kind == 'sign' and self._token == sign

    def _skip(self, sign: str) -> bool:
        """Go on if the next token is that one."""
        found = self._is(sign)
        if found:
            self._advance()
        return found

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            raise self._error()

    def _value(self) -> object:
        match self._kind:
            case 'integer':
                return int(self._advance())
            case 'float':
                return float(self._advance())
            case 'text':
                return _ESCAPE.sub(r'\1', self._advance())
            case 'name' if self._token in _WORDS:
                return _WORDS[self._advance()]
            case 'sign':
                return self._structure()
        raise self._error()

    def _structure(self) -> object:
        if self._is('('):
            return self._node()
        if self._is('{'):
            return self._map()
        if self._skip('<'):
            return self._path()
        self._expect('[')
        if self._is(':'):
            found = self._relationship()
            self._expect(']')
            return found
        return list(self._items(']', self._value))

    def _items(
        self, end: str, item: collections.abc.Callable[[], object]
    ) -> collections.abc.Iterator[object]:
        if self._skip(end):
            return
        yield item()
        while self._skip(','):
            yield item()
        self._expect(end)

    def _map(self) -> dict[str, object]:
        self._expect('{')
        found: dict[str, object] = {}

        def entry() -> None:
            name = self._name()
            self._expect(':')
            found[name] = self._value()

        for _ in self._items('}', entry):
            pass
        return found

    def _name(self) -> str:
        # A name may be all digits, or a word that is a value elsewhere.
        if self._kind not in ('name', 'quoted', 'integer'):
            raise self._error()
        return self._advance()

    def _properties(self) -> dict[str, object]:
        return self._map() if self._is('{') else {}

    def _node(self) -> values.Node:
        self._expect('(')
        labels = set()
        while self._skip(':'):
            labels.add(self._name())
        properties = self._properties()
        self._expect(')')
        return values.Node(frozenset(labels), properties)

    def _relationship(self) -> values.Relationship:
        self._expect(':')
        return values.Relationship(self._name(), self._properties())

    def _path(self) -> values.Path:
        start = self._node()
        steps = []
        while not self._skip('>'):
            forward = not self._skip('<-[')
            if forward:
                self._expect('-[')
            relationship = self._relationship()
            self._expect(']->' if forward else ']-')
            steps.append(values.Step(relationship, forward, self._node()))
        return values.Path(start, tuple(steps))

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

import datetime
import re
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.store import questions

_NAMES: typing.Final = questions.names()
_HEAD: typing.Final = (
    '// title: A title\n'
    '// about: What it\n'
    '//   asks.\n'
    '// parameter: host: string -- A name.\n'
    '// column: name: string -- Its name.\n'
)
_STATEMENT: typing.Final = 'MATCH (n {name: $host}) RETURN n.name AS name\n'
#: All that changes a database, or is not of the dialect of both engines.
_FORBIDDEN: typing.Final = re.compile(
    r'\b(CREATE|MERGE|SET|DELETE|REMOVE|DROP|LOAD|FOREACH|CALL|apoc)\b',
    re.IGNORECASE,
)


def _parse(text: str) -> questions.Question:
    return questions.parse('made-up', text.encode())


def _question(*parameters: str) -> questions.Question:
    heads = ''.join(f'// parameter: {each} -- It.\n' for each in parameters)
    uses = ', '.join(f'${each.split(":")[0]}' for each in parameters)
    return _parse(
        f'// title: T\n// about: A\n{heads}// column: x: string -- It.\n'
        f'RETURN [{uses}] AS x\n'
    )


def test_there_are_questions() -> None:
    assert len(_NAMES) >= 25
    assert 'blast-radius' in _NAMES
    assert [each.name for each in questions.all_questions()] == list(_NAMES)


@pytest.mark.parametrize('name', _NAMES)
def test_a_shipped_question_is_complete(name: str) -> None:
    question = questions.find(name)
    assert re.fullmatch(r'[a-z]+(-[a-z]+)*', name)
    assert question.title[0].isupper()
    assert not question.title.endswith('.')
    for text in (
        question.about,
        *(each.description for each in question.parameters),
        *(each.description for each in question.columns),
    ):
        assert text.endswith('.')
    # What has to be given comes first, as on a command line.
    given = [each.has_default for each in question.parameters]
    assert given == sorted(given)


@pytest.mark.parametrize('name', _NAMES)
def test_a_shipped_question_asks_of_one_region_or_all(name: str) -> None:
    region = questions.find(name).parameters[-1]
    assert region.name == 'region'
    assert region.type is questions.Type.STRING
    assert region.is_nullable


@pytest.mark.parametrize('name', _NAMES)
def test_a_shipped_question_only_reads(name: str) -> None:
    assert not _FORBIDDEN.search(questions.find(name).statement)


@pytest.mark.parametrize('name', _NAMES)
def test_a_shipped_question_has_an_order_and_its_columns(name: str) -> None:
    question = questions.find(name)
    _, last = question.statement.rsplit('RETURN ', 1)
    assert 'ORDER BY region' in last or ', region, ' in last
    for column in question.columns:
        assert re.search(rf'\b{column.name}\b', last)


def test_a_file_is_read() -> None:
    question = _parse(_HEAD + _STATEMENT)
    assert question.name == 'made-up'
    assert question.title == 'A title'
    assert question.about == 'What it asks.'
    assert question.parameters == (
        questions.Parameter(
            'host', questions.Type.STRING, None, False, 'A name.'
        ),
    )
    assert question.columns == (
        questions.Column('name', questions.Type.STRING, 'Its name.'),
    )
    assert question.statement == _STATEMENT.strip()


@pytest.mark.parametrize(
    ('default', 'value'),
    [
        ('string = null', None),
        ('string = "a = b -- c"', 'a = b -- c'),
        ('integer = -5', -5),
        ('float = 4', 4.0),
        ('boolean = false', False),
        ('list of string = ["a", "b"]', ['a', 'b']),
        (
            'datetime = "2026-01-02T03:04:05Z"',
            datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
        ),
    ],
)
def test_a_default_is_read_as_json(default: str, value: object) -> None:
    (parameter,) = _question(f'it: {default}').parameters
    assert parameter.has_default
    assert parameter.default == value
    assert type(parameter.default) is type(value)


@pytest.mark.parametrize(
    ('text', 'match'),
    [
        ('', 'no title'),
        (_HEAD, 'no statement'),
        (_STATEMENT, 'no title'),
        (_HEAD.replace('// title: A title\n', ''), 'no title'),
        (_HEAD.replace('about', 'also'), 'line 2.*no entry of a head'),
        (_HEAD.replace('//   asks.', '// asks.'), 'line 3.*no entry'),
        (_HEAD.replace('//   asks.', '//'), 'line 3.*no entry'),
        ('//   first\n' + _HEAD, 'line 1.*no entry'),
        (_HEAD + '// title: Again\n', 'line 6: title is there twice'),
        (
            _HEAD + '// column: name: string -- Again.\n',
            'line 6: name is there twice',
        ),
        (_HEAD.replace('column: name: string', 'column: name'), 'line 5'),
        (_HEAD.replace('name: string', 'Name: string'), 'line 5'),
        (_HEAD.replace('name: string', 'name: text'), "no type 'text'; there"),
        (_HEAD.replace('host: string', 'host: str'), "line 4: .*'str'"),
        (_HEAD.replace(' -- A name.', ''), 'line 4'),
        (
            _HEAD.replace('host: string', 'host: integer = x'),
            'line 4: the default in .* is no JSON',
        ),
        (
            _HEAD.replace('host: string', 'host: integer = "x"'),
            'line 4: the default of host has to be an integer',
        ),
        (_HEAD.replace('host: string', 'host: string = null x'), 'line 4'),
        (
            _HEAD.replace('host: string', 'host: boolean = 1'),
            'line 4: the default of host has to be true or false',
        ),
        (_HEAD + 'RETURN 1 AS name', r'does not use \$host'),
        (_HEAD + "RETURN '$host' AS name", r'does not use \$host'),
        (_HEAD + 'RETURN 1 AS name // $host', r'does not use \$host'),
        (_HEAD + 'RETURN $host + $other AS name', 'no parameter other'),
        (
            _HEAD.replace('// column: name: string -- Its name.\n', ''),
            'no column',
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused(text: str, match: str) -> None:
    with pytest.raises(
        exceptions.QueryInvalid, match=rf'made-up\.cypher: .*{match}'
    ):
        _parse(text)


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(exceptions.QueryInvalid, match='made-up'):
        questions.parse('made-up', b'// title: \xff\n')


def test_an_unknown_question_is_told_with_those_that_are_near() -> None:
    with pytest.raises(
        exceptions.QuestionNotFound, match='near are: blast-radius'
    ):
        questions.find('blastradius')


@pytest.mark.parametrize('name', ['', '../queries/neighbours', 'x' * 99])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(exceptions.QuestionNotFound, match='no question'):
        questions.find(name)


@pytest.mark.parametrize(
    ('type_', 'given', 'value'),
    [
        ('string', '', ''),
        ('string', 'null', 'null'),
        ('integer', ' 42 ', 42),
        ('integer', -1, -1),
        ('float', '1e3', 1000.0),
        ('float', 4, 4.0),
        ('boolean', 'Yes', True),
        ('boolean', 'false', False),
        ('boolean', True, True),
        ('list of string', 'a, b,,c', ['a', 'b', 'c']),
        ('list of string', '["a,b"]', ['a,b']),
        ('list of string', ('a',), ['a']),
        ('list of string', '', []),
    ],
)
def test_text_is_read_as_the_type(
    type_: str, given: object, value: object
) -> None:
    read = _question(f'it: {type_}').values({'it': given})
    assert read == {'it': value}
    assert type(read['it']) is type(value)


@pytest.mark.parametrize(
    'given',
    [
        '2026-01-02T04:04:05+01:00',
        '2026-01-02T03:04:05',
        '2026-01-02 03:04:05Z',
        datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
    ],
)
def test_a_moment_is_read_in_utc(given: object) -> None:
    read = _question('it: datetime').values({'it': given})['it']
    assert read.isoformat() == '2026-01-02T03:04:05+00:00'


@pytest.mark.parametrize(
    ('type_', 'given', 'expected'),
    [
        ('string', 5, 'a string'),
        ('string', '\ud800', 'a string'),
        ('string', None, 'a string, and not None'),
        ('integer', '4.0', 'an integer of 64 bits'),
        ('integer', '', 'an integer of 64 bits'),
        ('integer', 4.0, 'an integer of 64 bits'),
        ('integer', True, 'an integer of 64 bits'),
        ('integer', str(2**63), 'an integer of 64 bits'),
        ('integer = null', 'x', 'an integer of 64 bits or null'),
        ('integer', '9' * 5000, 'an integer of 64 bits'),
        ('float', 'nan', 'a number'),
        ('float', '1e999', 'a number'),
        ('float', 10**400, 'a number'),
        ('float', False, 'a number'),
        ('boolean', 'maybe', 'true or false'),
        ('boolean', 1, 'true or false'),
        ('datetime', 'yesterday', 'a moment in ISO 8601'),
        ('datetime', 5, 'a moment in ISO 8601'),
        ('datetime', '0001-01-01T00:00:00+14:00', 'a moment in ISO 8601'),
        ('list of string', '[1]', 'a list of strings'),
        ('list of string', '["a"', 'a list of strings'),
        ('list of string', 5, 'a list of strings'),
    ],
)
def test_what_is_of_a_wrong_type_is_refused(
    type_: str, given: object, expected: str
) -> None:
    with pytest.raises(
        exceptions.QueryInvalid, match=f"'it' of .* has to be {expected}"
    ):
        _question(f'it: {type_}').values({'it': given})


def test_what_is_not_given_has_its_default() -> None:
    question = _question('a: string', 'b: integer = 3', 'c: string = null')
    assert question.values({'a': 'x'}) == {'a': 'x', 'b': 3, 'c': None}
    assert question.values({'a': 'x', 'c': None})['c'] is None
    assert question.values({'a': 'x', 'b': '4'})['b'] == 4


def test_what_is_missing_is_told() -> None:
    with pytest.raises(
        exceptions.QueryInvalid, match=r"needs the parameter 'a' \(string\)"
    ):
        _question('a: string').values({})


def test_what_is_unknown_is_told_with_what_is_near() -> None:
    with pytest.raises(
        exceptions.QueryInvalid, match=r"'hots'; near are: host\. It takes"
    ):
        _question('host: string').values({'hots': 'x'})


def test_a_default_is_not_shared() -> None:
    question = _question('it: list of string = ["a"]')
    question.values({})['it'].append('b')
    assert question.values({}) == {'it': ['a']}

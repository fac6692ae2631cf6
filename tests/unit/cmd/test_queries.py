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

import json
import pathlib

import pytest

from cdm_graph.cmd import queries
from cdm_graph.store import questions
from tests.unit.cmd import commands


def test_all_questions_are_listed(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run(queries.Queries, tmp_path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ['question', 'title']
    assert [line.split()[0] for line in lines[1:]] == list(questions.names())
    [line] = [line for line in lines if line.startswith('blast-radius ')]
    assert 'host!' in line.split()


def test_all_of_a_question_is_told(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for question in questions.all_questions():
        assert commands.run(queries.Queries, tmp_path, question.name) == 0
        text = capsys.readouterr().out
        assert text.startswith(f'{question.name}: {question.title}\n')
        assert question.statement in text
        for parameter in question.parameters:
            assert f'parameter {parameter.name} ({parameter.type}' in text
            assert parameter.description in text
        for column in question.columns:
            assert f'column {column.name} ({column.type}): ' in text


def test_a_default_is_told_where_there_is_one(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [name, parameter] = next(
        (each.name, parameter)
        for each in questions.all_questions()
        for parameter in each.parameters
        if parameter.has_default and parameter.default is not None
    )
    assert commands.run(queries.Queries, tmp_path, name) == 0
    text = capsys.readouterr().out
    default = json.dumps(parameter.default)
    assert f', default {default}): ' in text


def test_programs_are_told_the_same(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run(queries.Queries, tmp_path, '--json') == 0
    several = json.loads(capsys.readouterr().out)
    assert [each['name'] for each in several] == list(questions.names())
    assert (
        commands.run(queries.Queries, tmp_path, '--json', 'blast-radius') == 0
    )
    one = json.loads(capsys.readouterr().out)
    assert one in several
    [host] = [each for each in one['parameters'] if each['name'] == 'host']
    assert host['needed'] is True
    assert one['columns']
    assert one['statement'] == questions.find('blast-radius').statement


def test_a_question_that_there_is_not_is_told(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run(queries.Queries, tmp_path, 'blast-radios') == 1
    assert 'blast-radius' in capsys.readouterr().err

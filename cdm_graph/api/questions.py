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
"""The curated questions, for whoever asks them over HTTP.

A list needs no database: which questions there are is known without one.
"""

import typing

from starlette import concurrency
from starlette import requests
from starlette import responses

from cdm_graph.api import answers
from cdm_graph.export import values
from cdm_graph.store import questions


async def answer(request: requests.Request) -> responses.Response:
    """Answer all questions: what each asks, takes and answers."""
    found = await concurrency.run_in_threadpool(questions.all_questions)
    return answers.answer({'queries': list(map(_row, found))})


def _row(question: questions.Question) -> dict[str, typing.Any]:
    return {
        'name': question.name,
        'title': question.title,
        'about': question.about,
        'parameters': list(map(_parameter, question.parameters)),
        'columns': [
            {
                'name': each.name,
                'type': each.type.value,
                'description': each.description,
            }
            for each in question.columns
        ],
        'statement': question.statement,
    }


def _parameter(parameter: questions.Parameter) -> dict[str, typing.Any]:
    return {
        'name': parameter.name,
        'type': parameter.type.value,
        'description': parameter.description,
        'required': not parameter.has_default,
        'default': values.plain(parameter.default),
    }

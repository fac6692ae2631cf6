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

"""``cdm-graph queries``: the curated questions."""

import argparse
import collections.abc
import json

from cdm_graph.cmd import base
from cdm_graph.cmd import tables
from cdm_graph.store import questions


class Queries(base.Command):
    """List the curated questions, or tell all of one."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        base.add_json(parser)
        parser.add_argument(
            'question',
            nargs='?',
            metavar='QUESTION',
            help='The one to tell all of.',
        )

    def execute(self, options: argparse.Namespace) -> int:
        """Print them."""
        if options.question:
            question = questions.find(options.question)
            if options.json:
                self.show_json(_described(question))
            else:
                self.show('\n'.join(_lines(question)))
        elif options.json:
            self.show_json(
                [_described(each) for each in questions.all_questions()]
            )
        else:
            self.show(
                tables.table(
                    [
                        (
                            each.name,
                            each.title,
                            ' '.join(
                                parameter.name
                                if parameter.has_default
                                else f'{parameter.name}!'
                                for parameter in each.parameters
                            ),
                        )
                        for each in questions.all_questions()
                    ],
                    ('question', 'title', 'parameters (! is needed)'),
                )
            )
        return 0


def _lines(question: questions.Question) -> collections.abc.Iterator[str]:
    yield f'{question.name}: {question.title}'
    yield ''
    yield question.about
    yield ''
    for parameter in question.parameters:
        default = ''
        if parameter.has_default:
            known = json.dumps(parameter.default, default=str)
            default = f', default {known}'
        yield (
            f'parameter {parameter.name} ({parameter.type}{default}): '
            f'{parameter.description}'
        )
    for column in question.columns:
        yield f'column {column.name} ({column.type}): {column.description}'
    yield ''
    yield question.statement


def _described(question: questions.Question) -> dict[str, object]:
    return {
        'name': question.name,
        'title': question.title,
        'about': question.about,
        'parameters': [
            {
                'name': each.name,
                'type': each.type,
                'needed': not each.has_default,
                'default': each.default,
                'description': each.description,
            }
            for each in question.parameters
        ],
        'columns': [
            {
                'name': each.name,
                'type': each.type,
                'description': each.description,
            }
            for each in question.columns
        ],
        'statement': question.statement,
    }

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

"""Asking a store: a curated question by its name, or any Cypher that reads."""

import json
import re
import time
import typing

from cdm_graph import exceptions
from cdm_graph.model import answer
from cdm_graph.store import contract
from cdm_graph.store import mirror as mirrors
from cdm_graph.store import questions

#: Seconds that a query has after any wait.
_LEAST: typing.Final = 0.5
#: What the name of a question looks like, and no statement does.
_NAME: typing.Final = re.compile(r'[a-z0-9]+(-[a-z0-9]+)*')


class Inquiry:
    """Where users ask; thread-safe.

    :param mirror: what keeps the store equal to a model; none where somebody
        else does
    :param limits: what a query may take at most
    """

    def __init__(
        self,
        store: contract.GraphStore,
        limits: contract.Limits,
        mirror: mirrors.Mirror | None = None,
    ) -> None:
        self._store = store
        self._limits = limits
        self._mirror = mirror

    def ask(
        self,
        text: str,
        given: contract.Values,
        sequence: int | None = None,
        limits: contract.Limits | None = None,
    ) -> answer.Answer:
        """Return what a question or statement answers.

        :param text: the name of a curated question, or Cypher
        :param given: its parameters; of a question also as text
        :param sequence: the change that the store has to have; the wait for
            it counts as a part of the query. None is waited for if it is
            none.
        :param limits: what it may take, if it is less than what any may
        :raises cdm_graph.exceptions.StoreError: if it cannot be answered
        """
        asked = self._within(limits)
        text = _bare(text)
        statement, values = _read(text, given)
        if sequence is not None:
            asked = self._wait_for(sequence, asked)
        found = self._store.query(statement, values, asked)
        if not found.columns and _NAME.fullmatch(text):
            # Some databases tell no columns where there are no rows.
            columns = tuple(each.name for each in questions.find(text).columns)
            return answer.Answer(columns, found.rows, found.truncated)
        return found

    def explain(self, text: str, given: contract.Values) -> str:
        """Return the database's plan of a question or statement.

        :raises cdm_graph.exceptions.StoreError: if there is none
        """
        return self._store.explain(*_read(_bare(text), given))

    def _wait_for(
        self, sequence: int, asked: contract.Limits
    ) -> contract.Limits:
        """Wait until the store has a change; return what may be taken yet."""
        mirror, seconds = self._mirror, asked.seconds
        if mirror is None:
            return asked
        began = time.monotonic()
        if mirror.wait_for(sequence, seconds):
            left = seconds - (time.monotonic() - began)
            return contract.Limits(max(left, min(seconds, _LEAST)), asked.rows)
        error = mirror.status().last_error
        raise exceptions.StoreUnavailable(
            'The database has not caught up with the model'
            + (f': {error}' if error else f' in {seconds:g} s.')
        )

    def _within(self, limits: contract.Limits | None) -> contract.Limits:
        if limits is None:
            return self._limits
        return contract.Limits(
            min(limits.seconds, self._limits.seconds),
            min(limits.rows, self._limits.rows),
        )


def typed(text: str, given: contract.Values) -> dict[str, typing.Any]:
    """Return parameters that are text, as from a command line, as values.

    A question knows the types of its own.  Of a statement they are JSON, or
    else text.
    """
    if _NAME.fullmatch(_bare(text)):
        return dict(given)
    return {name: _from_json(value) for name, value in given.items()}


def _from_json(value: typing.Any) -> typing.Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def _bare(text: str) -> str:
    """Return a text without what may stand around it."""
    return text.strip(' \t\r\n;')


def _read(
    text: str, given: contract.Values
) -> tuple[str, dict[str, typing.Any]]:
    """Return the statement that is meant, with its parameters."""
    if not text:
        raise exceptions.QueryInvalid(
            'The query is empty: give the name of a question ("cdm-graph '
            'queries" lists them) or Cypher.'
        )
    if _NAME.fullmatch(text):
        question = questions.find(text)
        return question.statement, question.values(given)
    return text, dict(given)

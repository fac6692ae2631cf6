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

"""What a row of an API that is not as it should be is told as."""

import collections.abc
import contextlib
import typing

import pydantic

from cdm_graph import exceptions
from cdm_graph.model import schema

#: What reading a row raises that is not as it should be.
MISUNDERSTOOD: typing.Final = (
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
)


@contextlib.contextmanager
def understanding(
    service: str,
    cls: type[schema.Element],
    row: collections.abc.Mapping[str, typing.Any],
) -> collections.abc.Iterator[None]:
    """Turn whatever a row can be wrong with into one error.

    :param service: whose row it is, such as Nova
    :raises cdm_graph.exceptions.CloudAnswerInvalid: that error
    """
    try:
        yield
    except MISUNDERSTOOD as error:
        raise misunderstanding(service, cls, row, error) from error


def misunderstanding(
    service: str,
    cls: type[schema.Element],
    row: collections.abc.Mapping[str, typing.Any],
    error: Exception,
) -> exceptions.CloudAnswerInvalid:
    """Return the error that tells what is wrong with a row."""
    name = row.get('id', row.get('name', row.get('uuid')))
    return exceptions.CloudAnswerInvalid(
        f'{service} shows a {cls.__name__} (id {name!r}) that cannot be '
        f'understood: {_words(error)}'
    )


def _words(error: Exception) -> str:
    if isinstance(error, pydantic.ValidationError):
        first = error.errors(include_url=False)[0]
        return f'{".".join(map(str, first["loc"]))}: {first["msg"]}.'
    return f'{type(error).__name__}: {error}'

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

"""The formats that a model can be exported in, by their names."""

import collections.abc
import itertools
import typing

from cdm_graph import exceptions
from cdm_graph.export import graphml
from cdm_graph.export import node_link
from cdm_graph.export import node_link_lines
from cdm_graph.model import root

Writer = collections.abc.Callable[
    [root.ModelRoot], collections.abc.Iterator[str]
]

#: Pieces of a document that are passed on at a time.
_BATCH: typing.Final = 500

FORMATS: typing.Final[dict[str, Writer]] = {
    'graphml': graphml.chunks,
    'json': node_link.chunks,
    'jsonl': node_link_lines.chunks,
}


def count_lines(model: root.ModelRoot) -> int:
    """Return about how many lines a snapshot has, in any format."""
    return sum(model.count_elements().values()) + sum(
        model.count_relations().values()
    )


def encoded(
    document: collections.abc.Iterable[str],
) -> collections.abc.Iterator[bytes]:
    """Yield a document as bytes, many of its pieces at a time."""
    pieces = iter(document)
    while batch := tuple(itertools.islice(pieces, _BATCH)):
        yield ''.join(batch).encode()


def chunks(name: str, model: root.ModelRoot) -> collections.abc.Iterator[str]:
    """Yield a snapshot in the format with that name.

    :raises cdm_graph.exceptions.ExportError: if there is no such format
    """
    try:
        writer = FORMATS[name]
    except KeyError:
        raise exceptions.ExportError(
            f'There is no format {name!r}; there are: {", ".join(FORMATS)}.'
        ) from None
    return writer(model)

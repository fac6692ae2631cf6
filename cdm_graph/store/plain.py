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

"""What a database returns, as plain Python values.

A node is a dict of its properties with ``kind``, its label; a relation one
with ``relation``, ``source`` and ``target``; a path the list of both in
turn.  Moments are :class:`datetime.datetime`, in UTC where they had no zone;
other temporal and spatial values are their text.
"""

import datetime
import typing

import neo4j.graph
import neo4j.spatial
import neo4j.time


def value(found: typing.Any) -> typing.Any:
    """Return what a query returned as a plain value."""
    match found:
        case None | bool() | int() | float() | str():
            return found
        case neo4j.time.DateTime():
            return _moment(found)
        case neo4j.graph.Node():
            return {
                'kind': next(iter(sorted(found.labels)), None),
                **{name: value(each) for name, each in found.items()},
            }
        case neo4j.graph.Relationship():
            return {
                'relation': found.type,
                'source': _id(found.start_node),
                'target': _id(found.end_node),
                **{name: value(each) for name, each in found.items()},
            }
        case neo4j.graph.Path():
            return _path(found)
        case neo4j.time.Date() | neo4j.time.Time() | neo4j.time.Duration():
            return found.iso_format()
        case list() | tuple() if not isinstance(found, neo4j.spatial.Point):
            return [value(each) for each in found]
        case dict():
            return {str(name): value(each) for name, each in found.items()}
        case bytes() | bytearray():
            return found.hex()
        case _:
            return str(found)


def _moment(found: neo4j.time.DateTime) -> datetime.datetime | str:
    try:
        moment = found.to_native()
    except ValueError:
        return found.iso_format()
    if moment.tzinfo is None:
        return moment.replace(tzinfo=datetime.UTC)
    return moment.astimezone(datetime.UTC)


def _id(node: neo4j.graph.Node | None) -> typing.Any:
    return None if node is None else node.get('id')


def _path(path: neo4j.graph.Path) -> list[typing.Any]:
    shown = [value(path.start_node)]
    for relationship, node in zip(
        path.relationships, path.nodes[1:], strict=True
    ):
        shown += [value(relationship), value(node)]
    return shown

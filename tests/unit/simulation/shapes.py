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

"""Which types and keys the payloads of messages have."""

import collections
import collections.abc
import typing

#: Objects whose keys are data.
_FREE: typing.Final = frozenset(
    {
        '_rules',
        'admin_metadata',
        'extra_specs',
        'meta_data',
        'metadata',
        'rules',
        'scheduler_hints',
        'service_catalog',
        'specs',
    }
)
#: Lists that were empty where it was recorded: nothing was attached there.
_EMPTY: typing.Final = frozenset(
    {'block_devices', 'fixed_ips', 'ip_addresses'}
)
_TYPES: typing.Final = {
    bool: 'boolean',
    dict: 'object',
    float: 'number',
    int: 'integer',
    list: 'array',
    str: 'string',
    type(None): 'null',
}

Path = tuple[str, ...]


class Shape:
    """Which types and which sets of keys were seen at each path."""

    def __init__(self) -> None:
        self.types: dict[Path, set[str]] = collections.defaultdict(set)
        self.keys: dict[Path, set[frozenset[str]]] = collections.defaultdict(
            set
        )

    def add(self, value: typing.Any, path: Path = ()) -> None:
        self.types[path].add(_TYPES[type(value)])
        if path and path[-1] in _FREE:
            return
        if isinstance(value, dict):
            self.keys[path].add(frozenset(value))
            for key, inner in value.items():
                self.add(inner, (*path, key))
        elif isinstance(value, list):
            for inner in value:
                self.add(inner, (*path, '[]'))

    def unlike(
        self, model: 'Shape'
    ) -> collections.abc.Iterator[tuple[Path, typing.Any, typing.Any]]:
        """Yield what was seen here and not in the model."""
        for path, types in self.types.items():
            if path in model.types and not types <= model.types[path]:
                yield path, types, model.types[path]
        for path, keys in self.keys.items():
            if not _EMPTY.isdisjoint(path):
                continue
            if not keys <= model.keys[path]:
                yield path, keys, model.keys[path]


Events = dict[tuple[str, str], Shape]


def of_messages(
    messages: collections.abc.Iterable[
        tuple[str, str, collections.abc.Mapping[str, typing.Any]]
    ],
) -> Events:
    shapes: Events = collections.defaultdict(Shape)
    for topic, event, payload in messages:
        shapes[topic, event].add(payload)
    return shapes

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

"""Which rows of a list Cinder keeps: the parameters of its lists.

For an administrator every parameter is a column to compare.  One that there
is no column for gives an empty list, not an error.
"""

import collections.abc
import datetime
import operator
import typing

from cdm_graph.simulation import api_error
from cdm_graph.simulation.cinder import records

_Row = typing.TypeVar('_Row')
_Matches = collections.abc.Callable[[typing.Any], bool]
#: A column: what a parameter makes of its text.
Columns = collections.abc.Mapping[
    str, collections.abc.Callable[[str], _Matches]
]

#: Parameters that say how to list, not what.
_OTHERS: typing.Final = frozenset(
    {
        'all_tenants',
        'is_public',
        'limit',
        'marker',
        'offset',
        'sort',
        'sort_dir',
        'sort_key',
        'with_count',
    }
)
_OPERATORS: typing.Final[
    dict[str, collections.abc.Callable[[float, float], bool]]
] = {
    'gt': operator.gt,
    'gte': operator.ge,
    'eq': operator.eq,
    'neq': operator.ne,
    'lt': operator.lt,
    'lte': operator.le,
}
_TRUE: typing.Final = frozenset({'1', 't', 'true', 'on', 'y', 'yes'})


def matching(
    rows: collections.abc.Iterable[_Row],
    columns: Columns,
    params: collections.abc.Mapping[str, str],
) -> collections.abc.Iterable[_Row]:
    """Return the rows that match all parameters.

    :raises cdm_graph.simulation.api_error.ApiError: if one makes no sense
    """
    for name, text in params.items():
        if name in _OTHERS:
            continue
        column = columns.get(name)
        if column is None:
            return []
        rows = filter(column(text), rows)
    return rows


def _equal(
    value: collections.abc.Callable[[typing.Any], str | None],
) -> collections.abc.Callable[[str], _Matches]:
    return lambda text: lambda row: value(row) == text


def _flag(
    value: collections.abc.Callable[[typing.Any], bool],
) -> collections.abc.Callable[[str], _Matches]:
    return lambda text: lambda row: value(row) == (text.lower() in _TRUE)


def _in_host(text: str) -> _Matches:
    """Match a pool, all pools of a back end, or all of a host."""

    def matches(row: records.Volume) -> bool:
        pool = row.pool or ''
        backend = pool.partition('#')[0]
        return text in (pool, backend, backend.partition('@')[0])

    return matches


def _like(text: str) -> _Matches:
    return lambda row: text in row.name


def _time(name: str) -> collections.abc.Callable[[str], _Matches]:
    """Return the column of a time.

    Of several comparisons one is enough, so that no period can be asked for;
    what has no time matches none.
    """

    def column(text: str) -> _Matches:
        comparisons = [_comparison(part) for part in text.split(',')]

        def matches(row: typing.Any) -> bool:
            at: int | None = getattr(row, name)
            return at is not None and any(
                compare(at, moment) for compare, moment in comparisons
            )

        return matches

    return column


def _comparison(
    text: str,
) -> tuple[collections.abc.Callable[[float, float], bool], float]:
    name, _, moment = text.partition(':')
    if name not in _OPERATORS:
        raise api_error.ApiError(400, f'Invalid {name} operator')
    try:
        at = datetime.datetime.fromisoformat(moment)
    except ValueError:
        raise api_error.ApiError(400, f'Invalid {moment} value') from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=datetime.UTC)
    return _OPERATORS[name], at.timestamp()


VOLUMES: typing.Final[Columns] = {
    'availability_zone': _equal(lambda row: row.zone),
    'bootable': _flag(lambda row: row.bootable),
    'created_at': _time('created_at'),
    'host': _in_host,
    'id': _equal(lambda row: row.uuid),
    'migration_status': _equal(lambda row: row.migration_status),
    'multiattach': _flag(lambda row: row.multiattach),
    'name': _equal(lambda row: row.name),
    'name~': _like,
    'project_id': _equal(lambda row: row.project.project_id),
    'size': _equal(lambda row: str(row.size_gb)),
    'snapshot_id': _equal(lambda row: row.snapshot_id),
    'source_volid': _equal(lambda row: row.source_volume_id),
    'status': _equal(lambda row: row.status),
    'updated_at': _time('updated_at'),
    'user_id': _equal(lambda row: row.project.user_id),
    'volume_type_id': _equal(lambda row: row.type_uuid),
}
SNAPSHOTS: typing.Final[Columns] = {
    'id': _equal(lambda row: row.uuid),
    'name': _equal(lambda row: row.name),
    'name~': _like,
    'project_id': _equal(lambda row: row.project.project_id),
    'status': _equal(lambda row: row.status),
    'volume_id': _equal(lambda row: row.volume),
}
ATTACHMENTS: typing.Final[Columns] = {
    'id': _equal(lambda row: row.uuid),
    'instance_id': _equal(lambda row: row.server),
    'instance_uuid': _equal(lambda row: row.server),
    'status': _equal(lambda row: row.status),
    'volume_id': _equal(lambda row: row.volume),
}

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

"""What a datasource answers: metrics that are drawn by UUID.

It stands in for Gnocchi, by the interface that Watcher's datasources have.
"""

import functools
import typing

from watcher.decision_engine.datasources import base

from tests.watcher import draws

_Any = typing.Any
_KIB: typing.Final = 1024
#: From and to, in the unit that Watcher expects.
_RANGES: typing.Final[dict[str, tuple[float, float]]] = {
    'host_cpu_usage': (0.0, 100.0),
    'host_outlet_temp': (20.0, 45.0),
    'host_inlet_temp': (18.0, 34.0),
    'host_airflow': (200.0, 500.0),
    'host_power': (200.0, 450.0),
    'instance_cpu_usage': (0.0, 100.0),
    'instance_l3_cache_usage': (1.0, 1000.0),
}


class Datasource(base.DataSourceBase):  # type: ignore[misc]
    NAME = 'drawn'
    METRIC_MAP: typing.ClassVar[dict[str, str]] = {
        name: name for name in base.DataSourceBase.METRIC_MAP
    }

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def __getattribute__(self, name: str) -> _Any:
        if name.startswith('get_'):
            return functools.partial(self.answer, name.removeprefix('get_'))
        return super().__getattribute__(name)

    def answer(
        self, metric: str, resource: _Any, *more: _Any, **_named: _Any
    ) -> float:
        # noisy_neighbor hands over one more than Watcher's datasources take,
        # the period after it; they all raise, and it finds nothing.
        return self._draw(metric, resource, more[1] if len(more) > 1 else 0)

    def _statistic_aggregation(
        self,
        resource: _Any = None,
        resource_type: _Any = None,
        meter_name: str = '',
        period: float = 300,
        aggregate: str = 'mean',
        granularity: int = 300,
    ) -> float:
        return self._draw(meter_name, resource, period)

    def _draw(self, metric: str, resource: _Any, period: float) -> float:
        if metric in _RANGES:
            # The one of which two periods are compared.
            when = period if metric == 'instance_l3_cache_usage' else 0
            return draws.between(
                *_RANGES[metric], self._seed, metric, resource.uuid, when
            )
        part = draws.between(0.05, 0.95, self._seed, metric, resource.uuid)
        if metric == 'host_ram_usage':
            return part * float(resource.memory) * _KIB
        if metric == 'instance_root_disk_size':
            return part * float(resource.disk)
        return part * float(resource.memory)

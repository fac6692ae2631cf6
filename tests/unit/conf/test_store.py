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

import pathlib
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.conf import loading


def _load(**options: typing.Any) -> typing.Any:
    return loading.load(
        overrides={('store', name): each for name, each in options.items()},
        find_files=False,
    )


def test_no_store_is_the_default() -> None:
    conf = _load()
    assert conf.store.name == ''
    assert conf.store.warm_start
    assert conf.store.reconcile_period == 3600
    assert (conf.store.query_timeout, conf.store.query_rows) == (30.0, 10000)


@pytest.mark.parametrize('memory', ['512m', '2g', '10G', '1M'])
def test_an_amount_of_memory_is_taken(memory: str) -> None:
    assert _load(memory=memory).store.memory == memory


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('memory', '1'),
        ('memory', '0g'),
        ('memory', '1t'),
        ('memory', '1g -Dx=y'),
        ('query_timeout', 0.0),
        ('query_rows', 0),
        ('reconcile_period', 9),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: pathlib.Path, name: str, value: object
) -> None:
    path = tmp_path / 'cdm-graph.conf'
    path.write_text(f'[store]\n{name} = {value}\n')
    with pytest.raises(exceptions.ConfigurationError, match=name):
        loading.load([str(path)])

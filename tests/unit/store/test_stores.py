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

import importlib
import sys
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.conf import loading
from cdm_graph.store import bolt
from cdm_graph.store import contract
from cdm_graph.store import stores


def _conf(**options: typing.Any) -> typing.Any:
    return loading.load(
        overrides={('store', name): each for name, each in options.items()},
        find_files=False,
    )


def test_without_a_name_there_is_no_store() -> None:
    assert stores.open_store(_conf()) is None
    assert stores.open_store(_conf(name='neo4j'), '') is None


def test_a_name_that_is_not_installed_is_a_wrong_configuration() -> None:
    with pytest.raises(
        exceptions.ConfigurationError, match=r"\[store\] name is 'oracle'"
    ):
        stores.open_store(_conf(name='oracle'))


def test_neo4j_is_opened_without_connecting() -> None:
    for conf, name in ((_conf(name='neo4j'), None), (_conf(), 'neo4j')):
        store = stores.open_store(conf, name)
        assert isinstance(store, bolt.BoltStore)
        assert store.address == 'neo4j at bolt://localhost:7687'
        assert store.is_lasting
        store.close()


def test_a_wrong_address_is_told_in_a_sentence() -> None:
    with pytest.raises(exceptions.ConfigurationError, match='no address'):
        stores.open_store(_conf(name='neo4j', uri='nonsense'))


def test_the_region_is_named_or_that_of_nova_or_the_usual() -> None:
    conf = _conf()
    assert stores.region_of(conf) == 'RegionOne'
    conf.set_override('region_name', 'two', group='nova')
    assert stores.region_of(conf) == 'two'
    conf.set_override('region', 'three', group='store')
    assert stores.region_of(conf) == 'three'


def test_the_limits_are_those_configured() -> None:
    conf = _conf(query_timeout=2.5, query_rows=7)
    assert stores.limits_of(conf) == contract.Limits(2.5, 7)


@pytest.mark.parametrize('name', ['neo4j', 'embedded'])
def test_a_driver_that_is_not_installed_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    package = importlib.import_module('cdm_graph.store')
    for module in ('bolt', 'connection', 'dialect', 'plain', 'embedded'):
        monkeypatch.delitem(
            sys.modules, f'cdm_graph.store.{module}', raising=False
        )
        monkeypatch.delattr(package, module, raising=False)
    # Whoever imports it is told that there is none.
    monkeypatch.setitem(sys.modules, 'neo4j', None)
    with pytest.raises(
        exceptions.ConfigurationError, match='not installed: it comes with'
    ):
        stores.open_store(_conf(name=name))

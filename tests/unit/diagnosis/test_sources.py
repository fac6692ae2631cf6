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

"""What is looked at, by the collectors that are configured."""

import collections.abc

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import base
from cdm_graph.collector import cinder
from cdm_graph.collector import loader
from cdm_graph.collector import nova
from cdm_graph.conf import loading
from cdm_graph.diagnosis import sources


def _find(*names: str) -> sources.Sources:
    overrides = {('collector', 'collectors'): list(names)}
    return sources.find(loading.load(overrides=overrides, find_files=False))


def test_only_what_is_configured_is_looked_at() -> None:
    found = _find('cinder')
    assert [each.name for each in found.services] == ['Cinder']
    assert [each.name for each in found.announcers] == ['Cinder']
    found = _find('nova', 'ironic', 'nova')
    assert [each.name for each in found.services] == ['Nova', 'Ironic']
    assert [each.name for each in found.announcers] == ['Nova', 'Ironic']
    assert (found.silent, found.errors) == ((), ())


def test_a_collector_that_is_not_installed_is_told() -> None:
    found = _find('cinder', 'pigeon')
    assert [each.name for each in found.services] == ['Cinder']
    (error,) = found.errors
    assert "No collector 'pigeon' is installed" in error


@pytest.fixture
def racks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a collector be installed that relies on nobody."""

    class Racks(nova.NovaClusterModelCollector):
        announcer = None

    classes: collections.abc.Mapping[
        str, type[base.BaseClusterModelCollector]
    ] = {'racks': Racks, 'cinder': cinder.CinderClusterModelCollector}

    def find(_self: object, name: str) -> type[base.BaseClusterModelCollector]:
        if name == 'broken':
            raise exceptions.CollectorUnusable('It does not work.')
        return classes[name]

    monkeypatch.setattr(loader.ClusterModelCollectorLoader, 'find', find)


@pytest.mark.usefixtures('racks')
def test_a_collector_of_a_plugin_tells_what_it_declares() -> None:
    found = _find('cinder', 'racks', 'broken')
    assert [each.name for each in found.services] == ['Cinder', 'Nova']
    assert [each.name for each in found.announcers] == ['Cinder']
    assert found.silent == ('racks',)
    assert found.errors == ('It does not work.',)

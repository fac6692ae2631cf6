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

"""What is tried is what was installed, and not a tree of sources."""

import importlib.metadata
import json
import pathlib
import sysconfig
import types

import pytest

import cdm_graph
import cdm_graph_racks


@pytest.mark.parametrize('package', [cdm_graph, cdm_graph_racks])
def test_a_package_is_where_wheels_are_installed(
    package: types.ModuleType,
) -> None:
    installed = pathlib.Path(sysconfig.get_path('purelib'))
    assert pathlib.Path(str(package.__file__)).is_relative_to(installed)


@pytest.mark.parametrize('name', ['cdm-graph', 'cdm-graph-racks'])
def test_a_distribution_came_as_a_wheel(name: str) -> None:
    told = importlib.metadata.distribution(name).read_text('direct_url.json')
    # One that was found in a folder of wheels has no address.
    address = json.loads(told)['url'] if told else 'found.whl'
    assert address.endswith('.whl')

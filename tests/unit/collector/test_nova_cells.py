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

"""What Nova cannot tell while one of its cells is down: race 14."""

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import nova_cells
from cdm_graph.model import schema
from tests.support import elements

_UP = {'host': 'host-1', 'status': 'enabled', 'state': 'up'}
_DOWN = {'host': 'host-2', 'status': 'UNKNOWN'}


def _fails(cells: nova_cells.Cells, kind: schema.Kind) -> None:
    with cells.listing(kind):
        raise exceptions.CloudUnavailable('Unexpected API Error.')


def test_without_a_cell_that_is_down_nothing_is_hidden() -> None:
    cells = nova_cells.Cells([_UP])
    assert cells.services == {'host-1': _UP}
    assert not cells.hides(elements.instance(1, host='host-1'))
    assert cells.reasons(0) == ()
    with pytest.raises(exceptions.CloudUnavailable):
        _fails(cells, schema.Kind.COMPUTE_NODE)


def test_what_is_in_a_cell_that_is_down_is_hidden() -> None:
    cells = nova_cells.Cells([_UP, _DOWN])
    assert cells.services == {'host-1': _UP}
    assert cells.hides(elements.instance(1, host='host-2'))
    assert cells.hides(elements.node(1, service_host='host-2'))
    assert not cells.hides(elements.instance(1, host='host-1'))
    assert not cells.hides(elements.instance(1, host=None))
    assert not cells.hides(elements.node(1, service_host='host-1'))
    assert cells.reasons(3) == (
        '3 servers are in cells that are down',
        '1 hosts are in cells that are down',
    )


def test_a_kind_that_cannot_be_listed_is_hidden() -> None:
    cells = nova_cells.Cells([_UP, _DOWN])
    _fails(cells, schema.Kind.COMPUTE_NODE)
    assert not cells.lists(schema.Kind.COMPUTE_NODE)
    assert cells.lists(schema.Kind.SERVER_GROUP)
    assert cells.hides(elements.node(1, service_host='host-1'))
    assert not cells.hides(elements.instance(1, host='host-1'))
    assert cells.reasons(0)[-1] == (
        'not all compute nodes can be listed while a cell is down'
    )


def test_a_cell_that_goes_down_or_comes_back_amid_a_list_was_down() -> None:
    for before, after in (([_UP], [_DOWN]), ([_UP, _DOWN], [_UP])):
        cells = nova_cells.Cells(before)
        cells.look_again(after)
        assert cells.hides(elements.instance(1, host='host-2'))
        assert cells.services == {'host-1': _UP}

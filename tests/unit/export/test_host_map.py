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

import datetime
import json

from cdm_graph.export import host_map
from cdm_graph.model import live_model
from cdm_graph.model import schema
from tests.support import elements

_ALPHA = elements.node(1, hostname='alpha', service_host='east', vcpus=8)
_BETA = elements.node(2, hostname='beta', service_host='west')
_BORN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def _model(*several: schema.Element) -> live_model.LiveModel:
    return live_model.LiveModel(
        [
            _BETA,
            _ALPHA,
            elements.aggregate(
                21, name='fast', hosts=('east',), availability_zone='az1'
            ),
            *several,
        ]
    )


def test_hosts_are_sorted_and_know_their_groups() -> None:
    document = host_map.document(_model())
    assert json.loads(json.dumps(document)) == document
    alpha, beta = document['hosts']
    assert (alpha['name'], alpha['service_host']) == ('alpha', 'east')
    assert alpha['vcpus'] == 8
    assert document['zones'][alpha['zone']] == 'az1'
    assert document['zones'][beta['zone']] != 'az1'
    assert [document['aggregates'][n] for n in alpha['aggregates']] == [
        {'id': elements.uuid(21), 'name': 'fast'}
    ]
    assert beta['aggregates'] == []


def test_aggregates_of_one_name_are_two_and_an_empty_one_is_there() -> None:
    document = host_map.document(
        _model(
            elements.aggregate(23, name='fast', hosts=('west',)),
            elements.aggregate(22, name='bare'),
        )
    )
    assert document['aggregates'] == [
        {'id': elements.uuid(22), 'name': 'bare'},
        {'id': elements.uuid(21), 'name': 'fast'},
        {'id': elements.uuid(23), 'name': 'fast'},
    ]
    assert [host['aggregates'] for host in document['hosts']] == [[1], [2]]


def test_instances_are_columns() -> None:
    placed = elements.hosted(
        11, _BETA, name='web', project_id='red', vm_state='active', vcpus=2
    )
    lost = schema.replace(elements.instance(12, name='lost'), created_at=_BORN)
    document = host_map.document(_model(placed, lost))
    columns = document['instances']
    assert {len(column) for column in columns.values()} == {2}
    rows = {
        row['id']: row
        for row in (
            dict(zip(columns, values, strict=True))
            for values in zip(*columns.values(), strict=True)
        )
    }
    web = rows[placed.uuid]
    assert document['hosts'][web['host']]['name'] == 'beta'
    assert document['projects'][web['project']] == 'red'
    assert document['states'][web['state']] == 'active'
    assert web['vcpus'] == 2
    assert rows[lost.uuid]['host'] == -1
    assert rows[lost.uuid]['created'] == int(_BORN.timestamp())


def test_an_empty_cloud_has_empty_columns() -> None:
    document = host_map.document(live_model.LiveModel())
    assert document['hosts'] == []
    assert all(column == [] for column in document['instances'].values())

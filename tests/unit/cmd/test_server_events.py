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

from cdm_graph.cmd import server_events


def test_events_are_read_as_they_come() -> None:
    stream = (
        b'id: a-1\nevent: start\ndata: {"sequence": 1}\n\n'
        b': alive\nid: a-2\n\n'
        b'id: a-3\r\nevent: change\r\ndata: ["x: y"]\r\n\r\n'
        b'id: a-4\n'
    )
    assert list(server_events.read(stream.splitlines(keepends=True))) == [
        ('a-1', 'start', {'sequence': 1}),
        ('a-2', '', None),
        ('a-3', 'change', ['x: y']),
    ]

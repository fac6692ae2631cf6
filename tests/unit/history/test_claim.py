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

import pytest

from cdm_graph import exceptions
from cdm_graph.history import claim as claims


def test_a_file_is_of_one_daemon_at_a_time(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'history.sqlite'
    claim = claims.Claim(path)
    with pytest.raises(
        exceptions.HistoryUnavailable, match='Another daemon records into'
    ):
        claims.Claim(path)
    claim.release()
    claims.Claim(path).release()


def test_a_file_that_cannot_be_used_is_not_held(
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / 'history.sqlite'
    path.write_text('something else' * 1000)
    for _ in range(2):
        with pytest.raises(
            exceptions.HistoryUnavailable, match='not a database'
        ):
            claims.Claim(path)
    with pytest.raises(exceptions.HistoryUnavailable, match='No such file'):
        claims.Claim(tmp_path / 'missing' / 'history.sqlite')

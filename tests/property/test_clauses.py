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


"""The model follows a cloud whatever happens on the way: a quick search.

``tox -e property`` runs the same machines, many times longer.
"""

import pytest

from tests.property import clauses

_SEED = 0
_RUNS = 8
_STEPS = 15


@pytest.mark.parametrize(
    'machine', clauses.CLAUSES, ids=lambda machine: machine.__name__
)
def test_clause(machine: type[clauses.Clause]) -> None:
    clauses.run(machine, _SEED, _RUNS, _STEPS, shrink=False)

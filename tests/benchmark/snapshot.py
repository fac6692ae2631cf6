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

"""What snapshots cost: to take, to read, to write."""

from tests.benchmark import clouds
from tests.benchmark import figures
from tests.benchmark import hand_out
from tests.benchmark import reading
from tests.benchmark import trying
from tests.benchmark import writing


def run(shown: figures.Figures, hosts: int, instances: int) -> None:
    """Measure all of it on one cloud."""
    several = clouds.elements(hosts, instances)
    model = clouds.model(several)
    figures.set_aside()
    hand_out.run(shown, model, several)
    del several
    trying.run(shown, model)
    reading.run(shown, model)
    writing.run(shown, model)

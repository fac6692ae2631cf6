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

"""What a live model weighs, in a process that reads the cloud over HTTP."""

import typing

from tests.benchmark import figures
from tests.benchmark import resident
from tests.benchmark import served
from tests.benchmark import trying

#: A cloud that takes no memory to speak of.
_SMALL: typing.Final = (1, 1)


def run(shown: figures.Figures, hosts: int, instances: int) -> None:
    """Fill a model as the daemon does, and weigh the process."""
    with served.cloud(*_SMALL) as conf, served.collector(conf):
        # What the libraries need, whatever there is in the cloud.
        pass
    figures.set_aside()
    before = resident.measure()
    with (
        served.cloud(hosts, instances) as conf,
        served.collector(conf) as collector,
    ):
        for _ in range(2):
            figures.set_aside()
            weight = resident.measure() - before
            shown.show('model', weight, 'MiB')
            shown.show('model_per_instance', weight * 2**20 / instances, 'B')
            shown.show('process', resident.measure(), 'MiB')
            shown.show('process_at_most', resident.peak(), 'MiB')
            trying.weigh(shown, collector.cluster_data_model, weight)
            served.synchronize(collector)

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

"""Sources: what the configured collectors read, and who tells them.

What a collector declares is all that is looked at: none of them is made.
"""

import dataclasses

from oslo_config import cfg

from cdm_graph import exceptions
from cdm_graph.collector import loader as loaders
from cdm_graph.collector import rest_client
from cdm_graph.notification import announcer


@dataclasses.dataclass(frozen=True, slots=True)
class Sources:
    """What to look at.

    ``silent`` are the collectors that rely on nobody to tell them of changes,
    ``errors`` the sentences of those that cannot be used.
    """

    services: tuple[rest_client.Service, ...]
    announcers: tuple[announcer.Announcer, ...]
    silent: tuple[str, ...]
    errors: tuple[str, ...]


def find(conf: cfg.ConfigOpts) -> Sources:
    """Return the sources of the collectors that are configured."""
    services: list[rest_client.Service] = []
    heard: list[announcer.Announcer] = []
    silent, errors = [], []
    loader = loaders.ClusterModelCollectorLoader()
    for name in conf.collector.collectors:
        try:
            found = loader.find(name)
        except exceptions.CollectorError as error:
            errors.append(str(error))
            continue
        services += found.services
        if found.announcer is None:
            silent.append(name)
        else:
            heard.append(found.announcer)
    return Sources(
        tuple(dict.fromkeys(services)),
        tuple(dict.fromkeys(heard)),
        tuple(silent),
        tuple(errors),
    )

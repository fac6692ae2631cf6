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

"""The options of the collectors, which stand in Watcher's own file.

Their groups are those that Watcher gives to collectors, such as
``[watcher_cluster_data_model_collectors.cdm_graph_compute]``.  They are apart
from the collectors so that they can be read where Watcher is not.
"""

import typing

from oslo_config import cfg

#: The names of the collectors.
COMPUTE: typing.Final = 'cdm_graph_compute'
STORAGE: typing.Final = 'cdm_graph_storage'
BAREMETAL: typing.Final = 'cdm_graph_baremetal'

OPTS: typing.Final[tuple[cfg.Opt, ...]] = (
    cfg.ListOpt(
        'config_files',
        default=[],
        help='Files with the options of cdm-graph: how to reach the services '
        'of the cloud, and the message bus. If there are none, those of the '
        'usual places, such as /etc/cdm-graph/cdm-graph.conf. All collectors '
        'have to name the same.',
    ),
    cfg.IntOpt(
        'ready_timeout',
        default=600,
        min=0,
        help='Seconds for which an audit waits until the model is filled for '
        'the first time.',
    ),
)
COMPUTE_OPTS: typing.Final[tuple[cfg.Opt, ...]] = (
    *OPTS,
    cfg.BoolOpt(
        'check_optimize_metadata',
        default=True,
        help='Whether the servers are excluded whose metadata the scope of an '
        'audit excludes.',
    ),
)


def group(name: str) -> str:
    """Return the group of the options of a collector."""
    return f'watcher_cluster_data_model_collectors.{name}'

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

"""Options of the collectors."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'collector',
    title='Collectors',
    help='What is fetched from the cloud, and how often.',
)

OPTS = [
    cfg.ListOpt(
        'collectors',
        default=['nova'],
        help='Names of the collectors to run: entry points of '
        'cdm_graph.collectors.',
    ),
    cfg.IntOpt(
        'period',
        default=3600,
        min=10,
        mutable=True,
        help='Seconds between two synchronizes of a collector that has no '
        'period of its own.',
    ),
    cfg.IntOpt(
        'nova_period',
        default=3600,
        min=10,
        mutable=True,
        help='Seconds between two synchronizes with Nova.',
    ),
    cfg.IntOpt(
        'nova_page_size',
        default=1000,
        min=1,
        help='Rows to ask Nova for at a time. Nova gives fewer where its '
        '[api] max_limit is smaller.',
    ),
    cfg.StrOpt(
        'default_availability_zone',
        default='nova',
        regex='.',
        help='Zone of the hosts that no aggregate puts into one: the value '
        'of [DEFAULT] default_availability_zone in nova.conf.',
    ),
    cfg.FloatOpt(
        'refresh_delay',
        default=0.1,
        min=0.0,
        help='Seconds to wait before an element that is in doubt is read, '
        'so that a burst of notifications leads to one read.',
    ),
    cfg.FloatOpt(
        'settling_time',
        default=5.0,
        min=0.0,
        help='Seconds after which an element is read a second time, where '
        'Nova announces a change before it has made it.',
    ),
    cfg.IntOpt(
        'refresh_threads',
        default=4,
        min=1,
        help='How many elements are read at the same time.',
    ),
    cfg.FloatOpt(
        'longest_retry_delay',
        default=60.0,
        min=1.0,
        help='Seconds to wait at most before a failed read or synchronize is '
        'tried again.',
    ),
    cfg.FloatOpt(
        'deletion_share',
        default=0.5,
        min=0.0,
        max=1.0,
        mutable=True,
        help='Share of the known servers that a synchronize may find '
        'missing. A list that lacks more is refused: it is more likely wrong '
        'than true.',
    ),
]

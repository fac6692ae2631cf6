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
        'cinder_period',
        default=3600,
        min=10,
        mutable=True,
        help='Seconds between two synchronizes with Cinder.',
    ),
    cfg.IntOpt(
        'ironic_period',
        default=3600,
        min=10,
        mutable=True,
        help='Seconds between two synchronizes with Ironic.',
    ),
    cfg.IntOpt(
        'poll_period',
        default=120,
        min=1,
        mutable=True,
        help='Seconds between two polls of a collector: what changed lately '
        'is asked for, and what is never announced, such as which '
        'hypervisors are there, what is used of them, and whether a service '
        'is up.',
    ),
    cfg.IntOpt(
        'poll_overlap',
        default=60,
        min=0,
        mutable=True,
        help='Seconds before the last poll that the next one asks for again: '
        'more than the clocks of the cloud differ, and than it takes to '
        'commit a row.',
    ),
    cfg.IntOpt(
        'drift_limit',
        default=20,
        min=0,
        mutable=True,
        help='Elements that one poll may find to have come or gone without '
        'being noticed. More mean that notifications are lost, and lead to a '
        'synchronize.',
    ),
    cfg.FloatOpt(
        'gap_pause',
        default=10.0,
        min=0.0,
        mutable=True,
        help='Seconds from the begin of a synchronize to one that a gap in '
        'the notifications leads to, so that a bus that comes and goes does '
        'not wear out the cloud.',
    ),
    cfg.IntOpt(
        'nova_page_size',
        default=250,
        min=1,
        help='Rows to ask Nova for at a time: more of them take more memory '
        'for a moment, and hold up others for longer. Nova gives fewer where '
        'its [api] max_limit is smaller.',
    ),
    cfg.IntOpt(
        'cinder_page_size',
        default=500,
        min=1,
        help='Rows to ask Cinder for at a time. Cinder gives fewer where its '
        'osapi_max_limit is smaller.',
    ),
    cfg.IntOpt(
        'ironic_page_size',
        default=500,
        min=1,
        help='Rows to ask Ironic for at a time. Ironic gives fewer where its '
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
    cfg.FloatOpt(
        'refresh_rate',
        default=100.0,
        min=0.0,
        help='Elements that are read one by one in a second, at most; 0 for '
        'no limit.',
    ),
    cfg.IntOpt(
        'refresh_together',
        default=5,
        min=2,
        help='Elements that have to be due at once for them to be read '
        'together, by one list of what changed lately: many changes at a '
        'time cost less so, but show a little later.',
    ),
    cfg.FloatOpt(
        'tombstone_age',
        default=3600.0,
        min=0.0,
        help='Seconds for which it is remembered that an element was '
        'deleted, so that nothing that comes late brings it back: longer '
        'than any message is late.',
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
        help='Share of the known elements of a kind that a list may lack. '
        'One that lacks more is refused: it is more likely wrong than true. '
        'A kind with few elements may vanish whatever the share.',
    ),
]

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

"""Options of the notifications."""

import socket

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'notifications',
    title='Notifications',
    help='Where the cloud announces what changes.',
)

OPTS = [
    cfg.StrOpt(
        'transport_url',
        secret=True,
        help='The message bus, as in transport_url of '
        'oslo.messaging: rabbit://user:password@host:5672/. Without it there '
        'are no notifications, and the model is as old as the last '
        'synchronize.',
    ),
    cfg.ListOpt(
        'topics',
        default=['versioned_notifications'],
        help="Topics to subscribe to: those of Nova's [notifications] "
        'versioned_notifications_topics, or "notifications" for the legacy '
        'format.',
    ),
    cfg.ListOpt(
        'exchanges',
        default=['nova'],
        help='Exchanges that the topics are on: the control_exchange of each '
        'service.',
    ),
    cfg.StrOpt(
        'pool',
        default=f'cdm-graph-{socket.gethostname()}',
        sample_default='cdm-graph-<hostname>',
        help="Name of this daemon's own queue, of which there is one in a "
        'virtual host of the broker. Every message is copied to each pool, so '
        'daemons of the same pool would each see a part only: two daemons '
        'need two names. Empty: no pool, and this daemon must be the only '
        'consumer of its topics.',
    ),
    cfg.StrOpt(
        'ignored_events',
        default=r'scheduler\.(select_destinations|run_instance)|keypair\.'
        r'|metrics\.|volume\.usage|compute\.(exception|metrics)',
        help='Regular expression of the event types that are left alone.',
    ),
    cfg.FloatOpt(
        'heartbeat_period',
        default=1.0,
        min=0.0,
        help='Seconds between two messages that the daemon sends to itself '
        'over the bus, to notice when the bus was away and something may '
        'have been lost. Shorter than a broker takes to start again. 0 '
        'switches that off.',
    ),
]

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

"""The options of the group ``[history]``."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'history', title='History', help='What the daemon remembers.'
)

OPTS = [
    cfg.IntOpt(
        'changes',
        default=20_000,
        min=1,
        help='How many changes the daemon remembers. In a busy cloud ten '
        'thousand of them take some 20 MiB, and 25 MiB in the file.',
    ),
    cfg.StrOpt(
        'file',
        default='',
        help='A file that keeps the changes over a restart, such as '
        '/var/lib/cdm-graph/history.sqlite, in a folder that is there; each '
        'daemon needs another one. None if it is empty: the history then '
        'begins with the daemon.',
    ),
]

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

"""The options of the group ``[api]``."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'api', title='API', help='HTTP for browsers and other machines.'
)

OPTS = [
    cfg.StrOpt(
        'listen',
        default='',
        sample_default='127.0.0.1:8780',
        help='Address and port to answer HTTP on, beside the Unix socket; on '
        'none if it is empty. It has to be of the loopback interface: '
        'everybody on this machine may connect.',
    ),
]

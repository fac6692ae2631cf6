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
        help='IP address and port to answer HTTP on, beside the Unix socket; '
        'on none if it is empty.',
    ),
    cfg.StrOpt(
        'auth_strategy',
        default='noauth',
        choices=[
            (
                'noauth',
                'everybody on this machine may do everything; listen has to '
                'be of the loopback interface',
            ),
            (
                'keystone',
                'whoever sends a token may do what the policy lets its roles '
                'do; needs [keystone_authtoken], and the extra keystone',
            ),
        ],
        help='Who may ask at that address. The Unix socket is always open to '
        'the user that runs the daemon, and to nobody else.',
    ),
    cfg.StrOpt(
        'cert_file',
        default='',
        help='Certificate, in PEM, to speak TLS at that address with; none '
        'if it is empty.',
    ),
    cfg.StrOpt(
        'key_file',
        default='',
        help='Private key of the certificate; empty if it is in the same '
        'file.',
    ),
]

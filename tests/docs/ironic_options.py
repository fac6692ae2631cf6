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

"""Ironic's own options of notifications, to check what readers shall set.

They are those of ``ironic/conf/default.py`` as of 39.0.0; those of the group
``oslo_messaging_notifications`` are asked of oslo.messaging itself.
"""

import configparser
import typing

from tests.docs import nova_options

_DEFAULT: typing.Final[dict[str, tuple[str, ...]]] = {
    'notification_level': ('debug', 'info', 'warning', 'error', 'critical'),
    'versioned_notifications_topics': (),
}
#: What is only in an ``ironic.conf``.
_TELLING: typing.Final = 'notification_level'


def is_ironic_conf(parser: configparser.RawConfigParser) -> bool:
    """Return whether a file is Ironic's, and not the daemon's."""
    return _TELLING in parser.defaults()


def check(parser: configparser.RawConfigParser) -> None:
    """Refuse what Ironic does not know."""
    for name, value in parser.defaults().items():
        assert name in _DEFAULT, f'ironic.conf: {name}'
        choices = _DEFAULT[name]
        assert not choices or value in choices, f'{name} = {value}'
    for section in parser.sections():
        unknown = (
            set(parser[section])
            - parser.defaults().keys()
            - nova_options.known(section)
        )
        assert not unknown, f'ironic.conf: [{section}] {unknown}'

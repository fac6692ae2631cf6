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


"""Nova's own options of notifications, to check what readers shall set.

They are those of ``nova/conf/notifications.py`` as of 2026; where a value is
one of a few, these are listed.  Those of the group
``oslo_messaging_notifications`` are asked of oslo.messaging itself.
"""

import configparser
import typing

from oslo_messaging import opts

_NOTIFICATIONS: typing.Final[dict[str, tuple[str, ...]]] = {
    'bdms_in_notifications': ('true', 'false'),
    'default_level': ('DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'),
    'notification_format': ('both', 'versioned', 'unversioned'),
    'notify_on_state_change': ('vm_state', 'vm_and_task_state'),
    'versioned_notifications_topics': (),
}
_MESSAGING: typing.Final = 'oslo_messaging_notifications'
#: What is only in a ``nova.conf``.
_TELLING: typing.Final = 'versioned_notifications_topics'


def is_nova_conf(parser: configparser.RawConfigParser) -> bool:
    """Return whether a file is Nova's, and not the daemon's."""
    return parser.has_section(_MESSAGING) or parser.has_option(
        'notifications', _TELLING
    )


def check(parser: configparser.RawConfigParser) -> None:
    """Refuse what Nova does not know."""
    for section in parser.sections():
        for name, value in parser[section].items():
            assert name in known(section), f'nova.conf: [{section}] {name}'
            choices = _NOTIFICATIONS.get(name, ())
            assert not choices or value in choices, f'{name} = {value}'


def known(section: str) -> frozenset[str]:
    """Return the names of the options that are known of a section."""
    if section == 'notifications':
        return frozenset(_NOTIFICATIONS)
    return frozenset(
        option.dest
        for group, options in opts.list_opts()
        if group == section and section == _MESSAGING
        for option in options
    )

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

"""The options in Watcher's file, to check what readers shall set there."""

import configparser
import typing

from cdm_graph.integration.watcher import options

_OPTIONS: typing.Final = {
    options.COMPUTE: options.COMPUTE_OPTS,
    options.STORAGE: options.OPTS,
    options.BAREMETAL: options.OPTS,
}
#: Watcher declares ``period`` for each collector.
_KNOWN: typing.Final[dict[str, set[str]]] = {
    'collector': {'collector_plugins'},
    **{
        options.group(name): {'period', *(option.dest for option in opts)}
        for name, opts in _OPTIONS.items()
    },
}


def is_watcher_conf(parser: configparser.RawConfigParser) -> bool:
    """Return whether a file is Watcher's, and not the daemon's."""
    return parser.has_option('collector', 'collector_plugins')


def check(parser: configparser.RawConfigParser) -> None:
    """Refuse what neither Watcher nor its collector knows."""
    for section in parser.sections():
        for name in parser[section]:
            assert name in _KNOWN[section], f'watcher.conf: [{section}] {name}'
    plugins = parser['collector']['collector_plugins'].split(',')
    assert set(plugins) & _OPTIONS.keys()
    for name in _OPTIONS:
        assert (name in plugins) == parser.has_section(options.group(name))

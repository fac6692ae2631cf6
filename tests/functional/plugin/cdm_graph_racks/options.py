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

"""The options in [racks]."""

import pathlib

from oslo_config import cfg

from cdm_graph import exceptions
from cdm_graph.conf import loading

GROUP = cfg.OptGroup(
    'racks', title='Racks', help='Which hosts stand in which rack.'
)

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        'path',
        help='The YAML file of racks and switches. It is read with each poll '
        'and each synchronize, and when a notification tells of a change.',
    ),
]


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """Return the options, for oslo.config's generator."""
    return [(GROUP, OPTIONS)]


def path(conf: cfg.ConfigOpts) -> pathlib.Path:
    """Return where the file is.

    :raises cdm_graph.exceptions.ConfigurationError: if that is not told
    """
    loading.register(conf, GROUP, OPTIONS)
    if not conf.racks.path:
        raise exceptions.ConfigurationError(
            '[racks] path is not set. Set it to the YAML file of racks, or '
            'take racks out of [collector] collectors.'
        )
    return pathlib.Path(conf.racks.path)

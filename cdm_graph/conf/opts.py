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

"""All of the options, for the daemon and for the sample file."""

import collections.abc
import copy
import itertools

from keystoneauth1 import loading
from oslo_config import cfg

from cdm_graph.conf import api
from cdm_graph.conf import collector
from cdm_graph.conf import daemon
from cdm_graph.conf import history
from cdm_graph.conf import notifications
from cdm_graph.conf import store

_OWN = (api, collector, daemon, history, notifications, store)
#: Services that are asked, with credentials of their own or those of Nova.
_SERVICES = ('nova', 'cinder', 'ironic')


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Make the options known to a configuration."""
    for module in _OWN:
        # A group keeps what was set in it, so each configuration needs its
        # own.
        group = copy.deepcopy(module.GROUP)
        conf.register_group(group)
        conf.register_opts(module.OPTS, group=group)
    for service in _SERVICES:
        loading.register_auth_conf_options(conf, service)
        loading.register_session_conf_options(conf, service)
        loading.register_adapter_conf_options(conf, service)
        conf.set_default('timeout', 60, group=service)


def list_opts() -> list[
    tuple[cfg.OptGroup | str, collections.abc.Iterable[cfg.Opt]]
]:
    """Return all options by their groups, for oslo.config's generator."""
    asked = itertools.chain(
        loading.get_auth_common_conf_options(),
        loading.get_auth_plugin_conf_options('password'),
        loading.get_session_conf_options(),
        loading.get_adapter_conf_options(),
    )
    options = list(asked)
    return [
        *((module.GROUP, module.OPTS) for module in _OWN),
        *((service, options) for service in _SERVICES),
    ]

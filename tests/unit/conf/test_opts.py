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

from oslo_config import cfg

from cdm_graph.conf import opts


def test_every_option_is_in_the_sample_with_help() -> None:
    listed = {
        (getattr(group, 'name', group), option.name): option
        for group, options in opts.list_opts()
        for option in options
    }
    conf = cfg.ConfigOpts()
    opts.register_opts(conf)
    conf([], default_config_files=[], default_config_dirs=[])
    registered = {
        (name, option)
        for name in ('collector', 'daemon', 'notifications', 'store')
        for option in conf[name]
    }
    assert {
        (group, name.replace('-', '_')) for group, name in listed
    } >= registered
    assert all(option.help for option in listed.values())


def test_what_is_secret_is_marked() -> None:
    listed = {
        option.name: option
        for _group, options in opts.list_opts()
        for option in options
    }
    assert listed['transport_url'].secret
    assert listed['password'].secret

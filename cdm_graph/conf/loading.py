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

"""Reading the configuration, with errors that name the option."""

import collections.abc
import contextlib
import copy
import os
import re
import typing

from keystoneauth1 import loading as keystone_loading
from oslo_config import cfg
from oslo_log import log

from cdm_graph import exceptions
from cdm_graph.conf import opts

_PROJECT: typing.Final = 'cdm-graph'
_QUIET: typing.Final = [
    'amqp=WARN',
    'apscheduler=WARN',
    'keystoneauth=WARN',
    'novaclient=WARN',
    'oslo.messaging=WARN',
    'oslo_messaging=WARN',
    'stevedore=WARN',
    'urllib3=WARN',
    'uvicorn=WARN',
]

#: How oslo.config says where a value comes from.
_LOCATION: typing.Final = re.compile(
    r" from LocationInfo\(.*?detail='([^']*)'\)"
)

#: Values by group and option, which go before the files.
Overrides = collections.abc.Mapping[tuple[str, str], typing.Any]


def load(
    files: collections.abc.Sequence[str] = (),
    overrides: Overrides | None = None,
    *,
    find_files: bool = True,
) -> cfg.ConfigOpts:
    """Return the configuration in some files.

    :param files: paths; if there are none, those of the usual places
        (``~/.cdm-graph``, ``/etc/cdm-graph``) that exist
    :param find_files: whether to look in the usual places
    :raises cdm_graph.exceptions.ConfigurationError: if a file or a value
        cannot be used
    """
    conf = cfg.ConfigOpts()
    opts.register_opts(conf)
    log.register_options(conf)
    log.set_defaults(default_log_levels=_QUIET)
    for path in files:
        if not os.path.isfile(path):
            raise exceptions.ConfigurationError(
                f'--config-file: there is no file {path}.'
            )
    with _naming_the_option():
        conf(
            [],
            project=_PROJECT,
            default_config_files=_files(files, find_files),
            default_config_dirs=[],
        )
        for (group, name), value in (overrides or {}).items():
            conf.set_override(name, value, group=group)
        _check(conf, conf.keys())
    return conf


def register(
    conf: cfg.ConfigOpts,
    group: cfg.OptGroup,
    options: collections.abc.Iterable[cfg.Opt],
) -> None:
    """Make the options of a plugin known, and look at what they are set to.

    A plugin is loaded when the configuration has been read, so that
    :func:`load` cannot know of them.

    :raises cdm_graph.exceptions.ConfigurationError: if a value cannot be used
    """
    conf.register_group(copy.deepcopy(group))
    conf.register_opts(options, group=group.name)
    with _naming_the_option():
        _check(conf, [group.name])


def with_credentials(
    conf: cfg.ConfigOpts,
    auth_url: str,
    credentials: collections.abc.Mapping[str, str],
) -> cfg.ConfigOpts:
    """Return the configuration with a password for ``[nova]``.

    :param credentials: named as keystoneauth names the options
    """
    conf.register_opts(
        keystone_loading.get_auth_plugin_conf_options('password'),
        group='nova',
    )
    conf.set_override('auth_url', auth_url, group='nova')
    for name, value in credentials.items():
        conf.set_override(name.replace('-', '_'), value, group='nova')
    return conf


def _files(
    files: collections.abc.Sequence[str], find_files: bool
) -> list[str] | None:
    if files:
        return list(files)
    return None if find_files else []


def _check(conf: cfg.ConfigOpts, names: collections.abc.Iterable[str]) -> None:
    """Read every option of some groups once.

    oslo.config checks a value when it is read.
    """
    for name in names:
        group = conf[name]
        if isinstance(group, cfg.ConfigOpts.GroupAttr):
            for option in group:
                getattr(group, option)


@contextlib.contextmanager
def _naming_the_option() -> collections.abc.Iterator[None]:
    """Turn what oslo.config finds wrong into an error that names the option.

    :raises cdm_graph.exceptions.ConfigurationError: that error
    """
    try:
        yield
    except cfg.Error as error:
        raise exceptions.ConfigurationError(_words(error)) from error
    except ValueError as error:
        raise exceptions.ConfigurationError(
            f'An option has a value that cannot be used: {error}'
        ) from error


def _words(error: cfg.Error) -> str:
    text = _LOCATION.sub(r' in \1', str(error).strip())
    return text if text.endswith('.') else f'{text}.'

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

"""Runs a command as the command line does."""

import argparse
import pathlib
import typing

from cdm_graph.cmd import base


def run(
    command: type[base.Command],
    directory: pathlib.Path,
    *arguments: str,
    conf: str = '',
) -> int:
    """Return the exit code.

    :param directory: where its configuration file is written
    :param conf: what is in that
    """
    path = directory / 'test.conf'
    path.write_text(conf)
    options = argparse.Namespace(config_file=[str(path)], debug=False)
    made: typing.Any = command(None, options)
    parsed = made.get_parser('test').parse_args(list(arguments))
    return int(made.take_action(parsed))

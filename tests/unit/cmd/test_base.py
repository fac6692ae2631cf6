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

import collections.abc
import logging

import pytest

from cdm_graph.cmd import base
from cdm_graph.conf import loading


@pytest.fixture
def bare_root() -> collections.abc.Iterator[logging.Logger]:
    """The root of all loggers, as it is when a command begins."""
    handlers, logging.root.handlers = logging.root.handlers, []
    yield logging.root
    logging.root.handlers = handlers


def test_a_command_logs_what_is_asked_for_and_no_more(
    bare_root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    # It lets oslo.log add a handler of its own.
    loading.load(find_files=False)
    base.log_to_stderr(logging.ERROR)
    logging.getLogger('cdm_graph').warning('quiet')
    logging.getLogger('cdm_graph').error('loud')
    assert capsys.readouterr().err.endswith('ERROR cdm_graph loud\n')
    base.log_to_stderr(logging.DEBUG)
    logging.getLogger('cdm_graph').debug('a detail')
    said = capsys.readouterr().err
    assert said.endswith('DEBUG cdm_graph a detail\n')
    assert said.count('\n') == 1

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

import pathlib
import subprocess
import sys

import pytest

from cdm_graph import file_lock


def test_one_only_holds_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'lock'
    held = file_lock.FileLock(path)
    for _ in range(2):
        with pytest.raises(BlockingIOError):
            file_lock.FileLock(path)
    held.close()
    file_lock.FileLock(path).close()


def test_who_was_given_it_holds_it_on(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'lock'
    held = file_lock.FileLock(path)
    with subprocess.Popen(
        [sys.executable, '-c', 'input()'],
        stdin=subprocess.PIPE,
        pass_fds=(held.fileno(),),
    ) as child:
        held.close()
        with pytest.raises(BlockingIOError):
            file_lock.FileLock(path)
        child.communicate(b'\n')
    file_lock.FileLock(path).close()


def test_a_folder_that_is_not_there_is_no_lock(
    tmp_path: pathlib.Path,
) -> None:
    with pytest.raises(FileNotFoundError):
        file_lock.FileLock(tmp_path / 'not' / 'there')

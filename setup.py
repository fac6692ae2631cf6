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

"""Build with pbr, also where git cannot be asked for the version."""

import os
import pathlib
import subprocess

import setuptools

# What an archive of the tree is called: it has no history to count in.
ARCHIVE_VERSION = '0.1.0'


def has_history() -> bool:
    """Tell whether pbr can derive the version: from git, or as an sdist."""
    here = pathlib.Path(__file__).parent
    if (here / 'PKG-INFO').exists():
        return True
    try:
        subprocess.run(
            ['git', 'rev-parse', '--verify', '--quiet', 'HEAD'],
            cwd=here,
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


if not has_history():
    os.environ.setdefault('PBR_VERSION', ARCHIVE_VERSION)

setuptools.setup(setup_requires=['pbr>=6.1.1'], pbr=True)

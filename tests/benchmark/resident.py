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

"""How much memory this process has in use."""

import ctypes
import pathlib
import resource

_PAGE = resource.getpagesize()


def measure() -> int:
    """Return the bytes that are in memory.

    What was freed, but not given back yet, is given back first.
    """
    ctypes.CDLL(None).malloc_trim(0)
    words = pathlib.Path('/proc/self/statm').read_text(encoding='ascii')
    return int(words.split()[1]) * _PAGE


def peak() -> int:
    """Return the most bytes that ever were in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

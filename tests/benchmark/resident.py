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
import os
import resource

from tests.support import usage


def measure() -> float:
    """Return how much is in memory, in MiB.

    What was freed, but not given back yet, is given back first.
    """
    ctypes.CDLL(None).malloc_trim(0)
    return usage.resident(os.getpid())


def peak() -> float:
    """Return the most that ever was in memory, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

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

"""Turns: large answers are made one after the other.

One thread of a Python process computes at a time.  Several large answers that
are made at once are ready no sooner, but each of them is one more whom what
is urgent, such as a notification, has to wait for at each of its steps.
"""

import asyncio
import collections.abc
import typing

from starlette import concurrency

_ANSWER = typing.TypeVar('_ANSWER')
_GIVEN = typing.ParamSpec('_GIVEN')


class Turns:
    """Lets one thread at a time make a large answer; of one event loop."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def run(
        self,
        make: collections.abc.Callable[_GIVEN, _ANSWER],
        *args: _GIVEN.args,
        **kwargs: _GIVEN.kwargs,
    ) -> _ANSWER:
        """Return what is made, in a thread, once those before are done."""
        async with self._one:
            return await concurrency.run_in_threadpool(make, *args, **kwargs)

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

"""Breaks off what a database that hangs would keep waiting for ever.

A connection to a machine that is stopped, or cut off, tells no error; the
driver has no limit of its own for an answer.
"""

import collections.abc
import contextlib
import threading

from cdm_graph import exceptions


@contextlib.contextmanager
def watched(
    seconds: float,
    address: str,
    break_off: collections.abc.Callable[[], None],
) -> collections.abc.Iterator[None]:
    """Break off what is done in it when it takes too long.

    :param seconds: how long it may take
    :param address: where it is done, for a message
    :param break_off: makes what is done fail; called in another thread
    :raises cdm_graph.exceptions.StoreUnavailable: if it was broken off
    """
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        break_off()

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        # Which error a broken connection makes depends on where it was.
        if expired.is_set():
            raise exceptions.StoreUnavailable(
                f'{address} gave no answer for {seconds:g} s.'
            ) from error
        raise
    finally:
        timer.cancel()

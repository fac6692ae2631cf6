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

"""A progress bar on a terminal; silence elsewhere."""

import sys
import typing

_WIDTH: typing.Final = 40


class ProgressBar:
    """Shows how far something is, on standard error if it is a terminal."""

    def __init__(self, title: str, total: float) -> None:
        self._title = title
        self._total = max(total, 1e-9)
        self._shown = sys.stderr.isatty()

    def show(self, done: float, remark: str = '') -> None:
        """Show how much of the total is done, with a remark."""
        if not self._shown:
            return
        share = min(1.0, done / self._total)
        bar = '#' * int(share * _WIDTH)
        print(
            f'\r{self._title} [{bar:<{_WIDTH}}] {share:4.0%} {remark}\033[K',
            end='',
            file=sys.stderr,
            flush=True,
        )

    def close(self) -> None:
        """End the line."""
        if self._shown:
            print(file=sys.stderr)

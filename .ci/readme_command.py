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

"""Print a command of the README, as a newcomer would copy it.

``readme_command.py demo`` prints the first one, ``readme_command.py tests``
the second one and ``readme_command.py query`` the third one.
"""

import pathlib
import re
import sys
import typing

README: typing.Final = pathlib.Path(__file__).parents[1] / 'README.rst'
ORDER: typing.Final = ('demo', 'tests', 'query')
_BLOCK: typing.Final = re.compile(
    r'^\.\. code-block:: console\n\n((?: {3}.+\n)+)', re.MULTILINE
)


def main(name: str) -> str:
    """Return the command; it has to be one line."""
    block = _BLOCK.findall(README.read_text())[ORDER.index(name)]
    (command,) = block.strip().splitlines()
    return str(command)


if __name__ == '__main__':
    print(main(sys.argv[1]))

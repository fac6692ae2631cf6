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

"""The kinds of elements that plugins declare, found by their entry points.

An entry point of ``cdm_graph.elements`` names a module that declares kinds, as
:mod:`cdm_graph.model.schema` does, and uses nothing of the model but that:
what the model derives from all declarations it derives once, after this.

A module that cannot be used leaves the rest as it is.  Nobody listens yet
when it is loaded, so what is wrong with it is kept to be told later.
"""

import importlib.metadata
import sys
import typing

from cdm_graph.model import declaration

#: The namespace of the entry points.
NAMESPACE: typing.Final = 'cdm_graph.elements'
#: What derives from the declarations, and is loaded after them.
_DERIVED: typing.Final = 'cdm_graph.model.tables'

#: What is wrong with modules of plugins, in sentences.
MISTAKES: typing.Final[list[str]] = []


def load() -> None:
    """Load what is installed; from then on no kind can be declared."""
    for entry in importlib.metadata.entry_points(group=NAMESPACE):
        try:
            entry.load()
        except Exception as error:  # told to who starts a daemon
            MISTAKES.append(
                f'{entry.value}, which {NAMESPACE} names as {entry.name!r}, '
                f'cannot be used: {type(error).__name__}: {error}'
            )
        if _DERIVED in sys.modules and not MISTAKES:
            MISTAKES.append(
                f'{entry.value}, which {NAMESPACE} names as {entry.name!r}, '
                'imports more of cdm_graph than cdm_graph.model.schema: the '
                'kinds that are declared after that are not known. Declare '
                'kinds in a module of their own.'
            )
    declaration.close()

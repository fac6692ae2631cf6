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

"""``cdm-graph demo`` with a model that is broken on purpose.

Its handler makes nothing of every third notification.
"""

import itertools
import sys

from cdm_graph.cmd import main
from cdm_graph.model import mutation
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.nova import handler

_COUNT = itertools.count(1)
_handle = handler.NovaNotificationHandler.handle


def _forgetful(
    self: handler.NovaNotificationHandler, envelope: envelopes.Envelope
) -> mutation.Mutation:
    if next(_COUNT) % 3 == 0:
        return mutation.Nothing('forgotten')
    return _handle(self, envelope)


if __name__ == '__main__':
    handler.NovaNotificationHandler.handle = _forgetful
    sys.exit(main.main())

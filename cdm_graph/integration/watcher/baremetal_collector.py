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

"""BaremetalCollector: what Watcher loads for its data model ``baremetal``.

Watcher's own cannot be loaded when the decision engine starts: it has none
where a list of notification endpoints is due.
"""

import typing

from watcher.decision_engine.model.collector import ironic
from watcher.decision_engine.scope import baremetal as baremetal_scope

from cdm_graph.integration.watcher import baremetal_model
from cdm_graph.integration.watcher import collector
from cdm_graph.model import root

_Any = typing.Any


class BaremetalCollector(collector.Collector):
    """Hands out models of bare machines."""

    stands_in_for = ironic.BaremetalClusterDataModelCollector
    filled_by = 'ironic'

    def get_audit_scope_handler(self, audit_scope: _Any) -> _Any:
        """Return what reduces a model to the scope of an audit."""
        return baremetal_scope.BaremetalScope(audit_scope, self.config)

    def _model_over(
        self, snapshot: root.ModelRoot, stale: bool
    ) -> baremetal_model.BaremetalModel:
        return baremetal_model.BaremetalModel(snapshot, stale=stale)

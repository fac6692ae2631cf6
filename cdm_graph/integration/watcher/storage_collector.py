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

"""StorageCollector: what Watcher loads for its data model ``storage``."""

import typing

from watcher.decision_engine.model.collector import cinder
from watcher.decision_engine.scope import storage as storage_scope

from cdm_graph.integration.watcher import collector
from cdm_graph.integration.watcher import storage_model
from cdm_graph.model import root

_Any = typing.Any


class StorageCollector(collector.Collector):
    """Hands out models of back ends with their pools and volumes."""

    stands_in_for = cinder.CinderClusterDataModelCollector
    filled_by = 'cinder'

    def get_audit_scope_handler(self, audit_scope: _Any) -> _Any:
        """Return what reduces a model to the scope of an audit."""
        return storage_scope.StorageScope(audit_scope, self.config)

    def _model_over(
        self, snapshot: root.ModelRoot, stale: bool
    ) -> storage_model.StorageModel:
        return storage_model.StorageModel(snapshot, stale=stale)

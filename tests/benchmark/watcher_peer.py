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

"""The peer: the cluster data model of OpenStack Watcher."""

import collections.abc
import logging
import threading
import typing

from oslo_log import log

from cdm_graph.model import schema

_Any = typing.Any


def prepare() -> None:
    """Make Watcher's code work without its services.

    It is measured without what it logs.
    """
    from watcher.conf import CONF

    logging.disable(logging.CRITICAL)
    if 'debug' not in CONF:
        log.register_options(CONF)
    CONF([], project='watcher', default_config_files=[])


def model(several: collections.abc.Iterable[schema.Element]) -> _Any:
    """Return Watcher's model of the nodes and instances among some."""
    from watcher.decision_engine.model import element
    from watcher.decision_engine.model import model_root

    prepare()
    root = model_root.ModelRoot()
    nodes: dict[str, _Any] = {}
    instances = []
    for each in several:
        if isinstance(each, schema.ComputeNode):
            node = element.ComputeNode(
                uuid=each.uuid,
                hostname=each.service_host,
                state=each.state,
                status=each.status,
                disabled_reason=each.disabled_reason or '',
                memory=each.memory_mb,
                memory_mb_reserved=0,
                memory_ratio=1.0,
                disk=each.disk_gb,
                disk_gb_reserved=0,
                disk_ratio=1.0,
                vcpus=each.vcpus,
                vcpu_reserved=0,
                vcpu_ratio=1.0,
            )
            root.add_node(node)
            nodes[each.service_host] = node
        elif isinstance(each, schema.Instance):
            instances.append(each)
    for each in instances:
        _add(root, each, nodes.get(each.host or ''), element)
    return root


def _add(root: _Any, of: schema.Instance, node: _Any, element: _Any) -> None:
    taken = of.resources
    instance = element.Instance(
        uuid=of.uuid,
        name=of.name,
        state=of.vm_state,
        memory=taken.memory_mb,
        disk=taken.disk_gb,
        vcpus=taken.vcpus,
        metadata=dict(of.metadata),
        project_id=of.project_id,
        locked=of.locked,
        host=of.host or '',
        hypervisor_hostname=of.node or '',
        created=of.created_at,
        pinned_az='',
        flavor_extra_specs=dict(of.extra_specs),
    )
    root.add_instance(instance)
    if node is not None:
        root.map_instance(instance, node)


class Collector:
    """As much of Watcher's collector as hands out its model."""

    def __init__(self, model: _Any) -> None:
        from watcher.decision_engine.model.collector import base

        self.lock = self.sync_lock = threading.RLock()
        self.cluster_data_model = model
        self._take = base.BaseClusterDataModelCollector

    def get_latest_cluster_data_model(self) -> _Any:
        """Return a copy, by Watcher's own code."""
        return self._take.get_latest_cluster_data_model(
            typing.cast(_Any, self)
        )


def handler(model: _Any) -> collections.abc.Callable[[_Any], object]:
    """Return what hands a raw notification to Watcher's own handler."""
    from watcher.decision_engine.model.notification import nova

    endpoint = nova.VersionedNotification(Collector(model))

    def handle(raw: _Any) -> None:
        endpoint.info(
            {},
            raw['publisher_id'],
            raw['event_type'],
            raw['payload'],
            raw['metadata'],
        )

    return handle


def handles(raw: _Any) -> bool:
    """Return whether Watcher's handler does anything with a notification."""
    from watcher.decision_engine.model.notification import nova

    known = nova.VersionedNotification.notification_mapping
    return raw['event_type'] in known

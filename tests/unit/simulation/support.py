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

"""What the tests of the simulation share."""

import collections.abc
import dataclasses
import gzip
import json
import pathlib
import typing

from cdm_graph.simulation import churn as churn_module
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation import operations as operations_module
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import population as cinder_population
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import rows as cinder_rows
from cdm_graph.simulation.ironic import population as ironic_population
from cdm_graph.simulation.ironic import records as ironic_records
from cdm_graph.simulation.nova import population as nova_population

_HERE: typing.Final = pathlib.Path(__file__).parent
_UNIT: typing.Final = _HERE.parent
EPOCH: typing.Final = 1_800_000_000.0


class ManualClock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = EPOCH

    def time(self) -> float:
        return self.now


def small_cloud(
    hosts: int = 12, instances: int = 120, seed: int = 1
) -> cloud_module.SimulatedCloud:
    return nova_population.new_cloud(hosts, instances, seed, ManualClock())


def run(
    cloud: cloud_module.SimulatedCloud,
    operation: collections.abc.Iterable[notification.Notifications],
) -> list[notification.Notification]:
    """Carry out an operation, a second to each step."""
    messages: list[notification.Notification] = []
    for step in operation:
        messages.extend(step)
        cloud.clock.now += 1
    return messages


def churned(
    cloud: cloud_module.SimulatedCloud,
    operations: int,
    seed: int,
    rate: float,
    **options: typing.Any,
) -> list[notification.Notification]:
    """Let so many operations happen, and end; return what was announced."""
    messages: list[notification.Notification] = []
    churn = churn_module.Churn(
        cloud,
        messages.append,
        rate,
        seed,
        cloud.clock,
        formats='versioned',
        **options,
    )
    clock = typing.cast(ManualClock, cloud.clock)
    while churn.begun < operations:
        clock.now = EPOCH + churn.step()
    churn.settle()
    return messages


def of_nova(
    messages: collections.abc.Iterable[notification.Notification],
) -> list[notification.Notification]:
    """Return those that Nova announced."""
    return [
        each
        for each in messages
        if each.exchange == notification.NOVA_EXCHANGE
    ]


def versioned(
    messages: collections.abc.Iterable[notification.Notification],
    event: str | None = None,
) -> list[dict[str, typing.Any]]:
    """Return the data of the versioned messages, of one event or of all."""
    return [
        message.payload['nova_object.data']
        for message in messages
        if message.topic == notification.VERSIONED_TOPIC
        and event in (None, message.event_type)
    ]


def plain_server(
    cloud: cloud_module.SimulatedCloud, state: str = 'active'
) -> records.Server:
    """Return a server in a state that has nothing special about it."""
    for row in cloud.servers:
        if (
            row.vm_state == state
            and row.image
            and not row.locked
            and cloud.group_of(row.uuid) is None
        ):
            return row
    raise AssertionError(f'no plain {state} server')


def operations(
    cloud: cloud_module.SimulatedCloud, formats: str = 'both'
) -> operations_module.Operations:
    return operations_module.Operations(cloud, formats)


def recorded() -> list[dict[str, typing.Any]]:
    """Return the recorded messages of a real Nova."""
    with gzip.open(_HERE / 'nova/recordings.jsonl.gz', 'rt') as lines:
        return [json.loads(line) for line in lines]


def recorded_sequences() -> dict[str, dict[str, list[dict[str, typing.Any]]]]:
    """Return the recorded order of messages, by step and format."""
    text = (_HERE / 'nova/sequences.json').read_text()
    sequences: dict[str, dict[str, list[dict[str, typing.Any]]]]
    sequences = json.loads(text)
    return sequences


def stored_cloud(
    hosts: int = 12,
    instances: int = 120,
    seed: int = 1,
    backends: int = 3,
    volumes: int = 40,
) -> cloud_module.SimulatedCloud:
    """Return a cloud with a Cinder."""
    cloud = small_cloud(hosts, instances, seed)
    cinder_population.furnish(cloud, backends, volumes)
    return cloud


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """What a step announced, and what Cinder's list shows after it.

    Of each volume there are the fields that the step changed, all of them of
    a new one, and None of one that is gone.
    """

    messages: list[notification.Notification]
    changes: dict[str, dict[str, typing.Any] | None]

    @property
    def told(self) -> list[tuple[str, str, str, typing.Any]]:
        """Priority, publisher, event and status of each message of Cinder."""
        return [
            (
                each.priority,
                each.publisher_id,
                each.event_type,
                each.payload.get('status', each.payload.get('state')),
            )
            for each in of_cinder(self.messages)
        ]


def watched(
    cloud: cloud_module.SimulatedCloud,
    operation: collections.abc.Iterable[notification.Notifications],
) -> list[Seen]:
    """Carry out an operation, a second to each step, and watch the list."""
    seen = []
    before = _volume_rows(cloud)
    for messages in operation:
        after = _volume_rows(cloud)
        changes: dict[str, dict[str, typing.Any] | None] = {}
        for uuid in before.keys() | after.keys():
            old, new = before.get(uuid, {}), after.get(uuid)
            if new is None:
                changes[uuid] = None
            elif new != old:
                changes[uuid] = {
                    key: value
                    for key, value in new.items()
                    if key not in old or old[key] != value
                }
        seen.append(Seen(list(messages), changes))
        before = after
        cloud.clock.now += 1
    return seen


def _volume_rows(
    cloud: cloud_module.SimulatedCloud,
) -> dict[str, dict[str, typing.Any]]:
    rows = cinder_rows.Rows(cloud.storage, (3, 71), 'http://cinder')
    return {row.uuid: rows.volume(row) for row in cloud.storage.volumes}


def of_cinder(
    messages: collections.abc.Iterable[notification.Notification],
) -> list[notification.Notification]:
    """Return the messages of Cinder among others."""
    return [
        each
        for each in messages
        if each.exchange == notification.CINDER_EXCHANGE
    ]


def told(
    messages: collections.abc.Iterable[notification.Notification],
) -> list[str]:
    """Return the events of Cinder's messages."""
    return [each.event_type for each in of_cinder(messages)]


def loose_volume(
    cloud: cloud_module.SimulatedCloud, kind: str = 'ssd'
) -> cinder_records.Volume:
    """Return a volume of that type that has nothing special about it."""
    storage = cloud.storage
    for row in storage.volumes:
        if (
            row.status == 'available'
            and row.migration_status is None
            and storage.types[row.type_uuid].name == kind
            and not storage.snapshots_of(row.uuid)
        ):
            return row
    raise AssertionError(f'no plain volume of the type {kind}')


def recorded_of_cinder() -> list[dict[str, typing.Any]]:
    """Return the recorded messages of a real Cinder."""
    with gzip.open(_HERE / 'cinder/recordings.jsonl.gz', 'rt') as lines:
        return [json.loads(line) for line in lines]


def answers_of_cinder() -> dict[str, typing.Any]:
    """Return what a real Cinder answered, by what it is an example of."""
    text = (_HERE / 'cinder/answers.json').read_text()
    answers: dict[str, typing.Any] = json.loads(text)
    return answers


def metal_cloud(
    machines: int = 15, seed: int = 1
) -> cloud_module.SimulatedCloud:
    """Return a cloud with an Ironic."""
    cloud = small_cloud(seed=seed)
    ironic_population.furnish(cloud, machines)
    return cloud


def named_machine(
    cloud: cloud_module.SimulatedCloud,
) -> ironic_records.Machine:
    """Return a machine that has a name, and was changed once."""
    return next(
        row
        for row in cloud.metal.machines.values()
        if row.name and row.updated_at
    )


def recorded_of_ironic() -> list[dict[str, typing.Any]]:
    """Return the recorded messages of a real Ironic."""
    text = (_UNIT / 'notification/ironic/recorded.jsonl').read_text()
    return [json.loads(line) for line in text.splitlines()]


def answers_of_ironic() -> dict[str, typing.Any]:
    """Return what a real Ironic answered: rows, errors, and its root."""
    text = (_UNIT / 'collector/ironic_recorded.json').read_text()
    answers: dict[str, typing.Any] = json.loads(text)
    return answers

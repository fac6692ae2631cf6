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

"""Changes of a model by chance, some a second, while a test goes on."""

import random
import threading
import typing

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import elements

_RATE: typing.Final = 50.0
_NEW: typing.Final = 1_000_000


class Stream:
    """Changes a model until it is left."""

    def __init__(
        self,
        model: live_model.LiveModel,
        seed: int,
        *,
        only_moves: bool = False,
    ) -> None:
        self._model = model
        self._random = random.Random(seed)
        self._only_moves = only_moves
        self._nodes = list(model.get_all_compute_nodes().values())
        self._created = _NEW * (seed + 1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.count = 0

    def __enter__(self) -> 'Stream':
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(1 / _RATE):
            self.step()

    def step(self) -> None:
        """Change one thing."""
        drawn = self._random.random()
        instances = list(self._model.get_all_instances().values())
        chosen = self._random.choice(instances)
        change: mutation.Mutation
        if self._only_moves or drawn < 0.6:
            change = self._move(
                self._random.choice([each for each in instances if each.node])
            )
        elif drawn < 0.75:
            change = mutation.Put(
                schema.replace(
                    chosen,
                    task_state=self._random.choice((None, 'rebooting')),
                    tags=(f'tag-{self.count}',),
                )
            )
        elif drawn < 0.83:
            change = mutation.Deletion(schema.key_of(chosen))
        elif drawn < 0.95:
            change = self._create()
        else:
            change = self._toggle(self._random.choice(self._nodes))
        verdicts = self._model.apply([change])
        assert verdicts[0].outcome is mutation.Outcome.APPLIED
        self.count += 1

    def _move(self, instance: schema.Instance) -> mutation.Put:
        node = self._random.choice(
            [each for each in self._nodes if each.hostname != instance.node]
        )
        return mutation.Put(
            schema.replace(
                instance, node=node.hostname, host=node.service_host
            )
        )

    def _create(self) -> mutation.Put:
        self._created += 1
        return mutation.Put(
            elements.hosted(
                self._created,
                self._random.choice(self._nodes),
                project_id=f'project-{self._created % 5}',
                volumes=(elements.uuid(self._created),),
            )
        )

    def _toggle(self, node: schema.ComputeNode) -> mutation.Put:
        known = self._model.get_node_by_uuid(node.uuid)
        return mutation.Put(
            schema.replace(
                known,
                status=(
                    'disabled' if known.status == 'enabled' else 'enabled'
                ),
            )
        )

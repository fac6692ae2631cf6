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

"""The passes: every way in which Nova may announce, one after the other.

Only the first one does everything that can be done to a cloud; the others do
what they are announced differently for.  Each begins with a cloud that has
been cleared, and a daemon of its own.
"""

import collections.abc
import contextlib
import dataclasses
import typing

from tests.devcloud import actions
from tests.devcloud import cloud as cloud_module
from tests.devcloud import comparison
from tests.devcloud import configuration
from tests.devcloud import daemon
from tests.devcloud import runner
from tests.devcloud import scenario
from tests.devcloud import short_scenario
from tests.devcloud import storage_actions
from tests.devcloud import token_steps
from tests.devcloud import truth
from tests.devcloud import volume_actions
from tests.devcloud import volume_scenario

Report = collections.abc.Callable[[str], None]


_Steps = collections.abc.Callable[
    [actions.Actions, configuration.Announcing, daemon.Daemon],
    scenario.Steps,
]


@dataclasses.dataclass(frozen=True)
class Pass:
    """One way to announce, and what is done then."""

    how: configuration.Announcing
    steps: _Steps
    #: Cinder's API tells nothing of its pools while the broker is dead, and
    #: nobody could say what the model has to be.
    collectors: tuple[str, ...] = ('nova', 'cinder')
    #: Whether the daemon is told where the broker is.
    subscribed: bool = True
    #: Whether the daemon is asked with tokens in the end.
    with_tokens: bool = False

    @property
    def watching(self) -> daemon.Watching:
        """What the daemon asks and listens to."""
        return daemon.Watching(self.collectors, self._topics)

    @property
    def _topics(self) -> tuple[str, ...]:
        if not self.subscribed:
            return ()
        if 'cinder' in self.collectors:
            return (*self.how.topics, configuration.CINDER_TOPIC)
        return self.how.topics

    def __str__(self) -> str:
        topics = ' and '.join(self._topics) or 'nothing'
        states = 'with' if self.how.states else 'without'
        return (
            f'Nova announces {self.how.form}, {states} '
            f'notify_on_state_change; the daemon asks '
            f'{" and ".join(self.collectors)}, and listens to {topics}'
        )


def _long(
    do: actions.Actions,
    _how: configuration.Announcing,
    beside: daemon.Daemon,
) -> scenario.Steps:
    yield from scenario.Scenario(do).steps()
    yield from volume_scenario.VolumeScenario(do, beside).steps()


def _short(
    do: actions.Actions,
    how: configuration.Announcing,
    beside: daemon.Daemon,
) -> scenario.Steps:
    return short_scenario.ShortScenario(do, how, beside).steps()


def _short_then_without_broker(
    do: actions.Actions,
    how: configuration.Announcing,
    beside: daemon.Daemon,
) -> scenario.Steps:
    short = short_scenario.ShortScenario(do, how, beside)
    yield from short.steps()
    yield from short.steps_without_broker()


def _polls_alone(
    do: actions.Actions,
    how: configuration.Announcing,
    beside: daemon.Daemon,
) -> scenario.Steps:
    short = short_scenario.ShortScenario(do, how, beside)
    return short.steps_of_polls_alone()


#: In an order in which Nova is seldom started anew.
PASSES: typing.Final = (
    Pass(configuration.Announcing('versioned'), _long, with_tokens=True),
    Pass(
        configuration.Announcing('both', states=False),
        _short_then_without_broker,
        collectors=('nova',),
    ),
    Pass(configuration.Announcing('unversioned', states=False), _short),
    Pass(configuration.Announcing('unversioned'), _short),
    Pass(
        configuration.Announcing('unversioned'),
        _polls_alone,
        collectors=('nova',),
        subscribed=False,
    ),
)


def run(
    one: Pass,
    cloud: cloud_module.Cloud,
    run_by: runner.Runner,
    *,
    compared: bool,
) -> None:
    """Prepare the cloud and a daemon for one pass, and do its steps."""
    cloud.announce(one.how)
    do = actions.Actions(cloud)
    _clear(do)
    beside = daemon.Daemon(cloud, one.watching)
    reader = truth.TruthReader(cloud.session, one.collectors)
    with contextlib.ExitStack() as stack:
        if compared:
            stack.callback(beside.stop)
            beside.start()
        run_by.run(
            one.steps(do, one.how, beside),
            comparison.Comparator(reader, beside.client if compared else None),
        )
        if compared and one.with_tokens:
            run_by.run(
                token_steps.TokenSteps(cloud.settings, cloud.session).steps(),
                comparison.Comparator(reader, beside.client),
            )


def _clear(do: actions.Actions) -> None:
    storage = storage_actions.StorageActions(do.cloud)
    # Without it no server that has a volume can be deleted.
    storage.ensure_backends()
    do.clear()
    volume_actions.VolumeActions(do).clear()
    storage.clear_types()

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

"""BackgroundTaskScheduler: what the daemon does from time to time."""

import threading
import typing

from apscheduler.schedulers import background
from apscheduler.triggers import interval
from oslo_config import cfg
from oslo_log import log
from oslo_service import service

from cdm_graph.collector import base
from cdm_graph.collector import manager as managers

LOG = log.getLogger(__name__)

#: The share of a period by which a run may come later.
_JITTER: typing.Final = 0.1


class BackgroundTaskScheduler(
    background.BackgroundScheduler,  # type: ignore[misc] # it has no types
    service.ServiceBase,  # type: ignore[misc] # nor has oslo.service
):
    """Has each collector synchronize, and poll, once a period each.

    It is a service of oslo.service and runs in the process of the daemon,
    in APScheduler's own threads.  Runs of one collector never overlap; one
    that was missed is made up for once.

    :param periods: returns the seconds between two synchronizes of the
        collector with that name; asked again by :meth:`reset`
    :param poll_period: returns the seconds between two polls
    """

    def __init__(
        self,
        collector_manager: managers.CollectorManager,
        periods: typing.Callable[[str], float],
        poll_period: typing.Callable[[], float],
    ) -> None:
        super().__init__(
            job_defaults={'coalesce': True, 'max_instances': 1},
            timezone='UTC',
        )
        self._collector_manager = collector_manager
        self._periods = periods
        self._poll_period = poll_period
        # Both start and stop are called by threads of their own, and
        # APScheduler says that it runs before it can be shut down.
        self._changing = threading.Lock()
        self._stopped = False

    def start(self, paused: bool = False) -> None:
        """Add two jobs a collector, and begin; not once it was stopped."""
        with self._changing:
            if self._stopped:
                return
            collectors = self._collector_manager.get_collectors()
            for name, collector in collectors.items():
                self._add(f'synchronize {name}', _synchronize, collector)
                self._add(f'poll {name}', _poll, collector)
            super().start(paused)

    def _add(
        self,
        job: str,
        function: typing.Callable[[base.BaseClusterModelCollector], None],
        collector: base.BaseClusterModelCollector,
    ) -> None:
        self.add_job(
            function,
            self._trigger(job),
            args=(collector,),
            id=job,
            name=job,
            replace_existing=True,
            misfire_grace_time=None,
        )

    def stop(self) -> None:
        """Begin no more jobs."""
        with self._changing:
            self._stopped = True
            if self.running:
                self.shutdown(wait=False)

    def wait(self) -> None:
        """Wait for nothing: what a job has begun is abandoned."""

    def reset(self) -> None:
        """Take over changed periods."""
        for job in self.get_jobs():
            try:
                trigger = self._trigger(job.id)
            except (cfg.Error, ValueError) as error:
                LOG.error('The job %r keeps its period: %s', job.id, error)
                continue
            if trigger.interval != job.trigger.interval:
                LOG.info(
                    'The job %r now runs every %s.', job.id, trigger.interval
                )
                job.reschedule(trigger)

    def _trigger(self, job: str) -> interval.IntervalTrigger:
        what, _, name = job.partition(' ')
        is_poll = what == 'poll'
        period = self._poll_period() if is_poll else self._periods(name)
        return interval.IntervalTrigger(
            seconds=period, jitter=period * _JITTER
        )


def _synchronize(collector: base.BaseClusterModelCollector) -> None:
    collector.request_synchronize('period')


def _poll(collector: base.BaseClusterModelCollector) -> None:
    collector.run_poll()

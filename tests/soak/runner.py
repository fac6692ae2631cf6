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

"""All of it together: broker, cloud, daemon, faults, samples, comparison."""

import collections.abc
import contextlib
import dataclasses
import pathlib
import socket
import time
import typing

from cdm_graph.cmd import client
from tests.functional import rig
from tests.soak import broker as brokers
from tests.soak import faults
from tests.soak import process
from tests.soak import sampling
from tests.soak import windows

_TOPIC: typing.Final = 'versioned_notifications'
_FILL_TIMEOUT: typing.Final = 900.0
_DRAIN_TIMEOUT: typing.Final = 420.0
_SYNCHRONIZE_TIMEOUT: typing.Final = 600.0
_STATUS_TIMEOUT: typing.Final = 60.0
_WARM_UP: typing.Final = 0.15
_POLL: typing.Final = 0.5

Say = collections.abc.Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """What is run; ``daemon`` are options of its configuration file."""

    minutes: float
    hosts: int
    instances: int
    rate: float
    seed: int
    without: tuple[str, ...]
    faults: tuple[faults.Planned, ...]
    daemon: rig.Options


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found; times are in seconds since the epoch."""

    options: Options
    warm_at: float
    stopped_at: float
    settled_at: float
    drained_after: float | None
    counters: process.Counters
    warm_counters: process.Counters
    requests: dict[str, int]
    sampler: sampling.Sampler
    faults: list[windows.Fault]
    status: rig.Status
    differences: list[str]


def daemon_options(
    more: collections.abc.Mapping[str, collections.abc.Mapping[str, object]],
) -> dict[str, dict[str, object]]:
    """Return what a daemon beside a cloud of that size is told, and more.

    With the longer delay one read answers for several steps of an operation.
    A poll that comes often has less to read at a time; the clocks of this
    cloud agree, so that it need not look back for long.
    """
    return rig.merged(
        {
            'collector': {
                'refresh_delay': 0.5,
                'refresh_rate': 0,
                'refresh_threads': 3,
                'poll_period': 30,
                'poll_overlap': 10,
            },
            'oslo_messaging_rabbit': {'rabbit_qos_prefetch_count': 500},
        },
        more,
    )


def run(options: Options, folder: pathlib.Path, say: Say) -> Result:
    """Soak; the folder is for the files of all, with a short path."""
    with contextlib.ExitStack() as stack:
        broker = brokers.Broker(folder / 'bus')
        stack.callback(broker.stop)
        broker.start()
        broker.keep_short([_TOPIC])
        say(f'The broker runs ({broker.url.rpartition("@")[2]}).')
        cloud = process.Cloud(
            process.Plan(
                options.hosts,
                options.instances,
                options.rate,
                options.seed,
                options.without,
                broker.url,
            )
        )
        stack.callback(cloud.close)
        credentials = cloud.start()
        say(f'The cloud runs (pid {cloud.pid}).')
        daemon = rig.Daemon(
            folder,
            rig.merged(
                options.daemon,
                {
                    'nova': credentials,
                    'notifications': {
                        'transport_url': broker.url,
                        'pool': f'soak-{socket.gethostname()}',
                    },
                },
            ),
        )
        stack.callback(daemon.close)
        daemon.start(ready=False)
        status = daemon.wait_until(
            'the model is filled',
            lambda status: status['state'] == 'ready',
            _FILL_TIMEOUT,
        )
        say(
            f'The model is filled after {status["uptime"]:.0f} s '
            f'(pid {status["pid"]}).'
        )
        target = faults.Target(
            broker,
            cloud,
            client.DaemonClient(str(daemon.socket), _STATUS_TIMEOUT),
        )
        return _Soak(options, folder, say, target, daemon).run(status['pid'])


class _Soak:
    """The part in which something happens."""

    def __init__(
        self,
        options: Options,
        folder: pathlib.Path,
        say: Say,
        target: faults.Target,
        daemon: rig.Daemon,
    ) -> None:
        self._options = options
        self._folder = folder
        self._say = say
        self._target = target
        self._daemon = daemon
        self._postman = target.cloud.postman()

    def run(self, pid: int) -> Result:
        target, seconds = self._target, self._options.minutes * 60
        sampler = sampling.Sampler(target.daemon, lambda: self._pids(pid))
        sampler.start()
        ends = time.monotonic() + seconds
        target.cloud.begin()
        self._warm_up(seconds * _WARM_UP)
        warm_at, warm_counters = time.time(), target.cloud.counters()
        before = target.cloud.requests()
        schedule = faults.Schedule(
            self._options.faults, ends - time.monotonic()
        )
        schedule.start(target)
        while time.monotonic() < ends and schedule.error is None:
            self._look(sampler)
            time.sleep(min(10.0, max(0.0, ends - time.monotonic())))
        schedule.stop()
        schedule.wait()
        requests = target.cloud.requests()
        stopped_at = time.time()
        settled_at = target.cloud.settle()
        self._say('Nothing happens any more; waiting for the bus to drain.')
        drained_after = self._drain(settled_at)
        sampler.stop()
        status = target.daemon.status()
        return Result(
            options=self._options,
            warm_at=warm_at,
            stopped_at=stopped_at,
            settled_at=settled_at,
            drained_after=drained_after,
            counters=target.cloud.counters(),
            warm_counters=warm_counters,
            requests={
                name: count - before.get(name, 0)
                for name, count in requests.items()
            },
            sampler=sampler,
            faults=schedule.faults,
            status=status,
            differences=self._compare(),
        )

    def _pids(self, pid: int) -> dict[str, int]:
        pids = {
            'daemon': pid,
            'cloud': self._target.cloud.pid,
            'postman': self._postman,
        }
        with contextlib.suppress(OSError, ValueError):
            pids['broker'] = self._target.broker.pid
        return pids

    def _warm_up(self, seconds: float) -> None:
        """Let the memory reach what a synchronize of a full model takes."""
        ends = time.monotonic() + seconds
        time.sleep(seconds / 3)
        self._target.daemon.synchronize(_SYNCHRONIZE_TIMEOUT)
        time.sleep(max(0.0, ends - time.monotonic()))
        self._say('It is warm.')

    def _look(self, sampler: sampling.Sampler) -> None:
        last = sampler.samples[-1]
        counters = self._target.cloud.counters()
        age = 'none' if last.age is None else f'{last.age:.1f} s'
        self._say(
            f'{counters.changes} changes, age {age}, dirty {last.dirty}, '
            f'settling {last.settling}, pending {last.pending}, '
            f'RSS {last.rss:.0f} MiB, unpublished {counters.waiting}, '
            f'load {last.load:.1f}'
        )

    def _drain(self, settled_at: float) -> float | None:
        """Wait until all is in the model; return after how many seconds."""
        began = time.monotonic()
        while time.monotonic() - began < _DRAIN_TIMEOUT:
            status = self._target.daemon.status()
            as_of = rig.nova(status)['as_of']
            if as_of > settled_at and rig.is_drained(status):
                return time.monotonic() - began
            time.sleep(_POLL)
        return None

    def _compare(self) -> list[str]:
        path = self._folder / 'exported.json'
        began = time.monotonic()
        with path.open('w') as output:
            output.writelines(self._target.daemon.export('json'))
        self._say(
            f'Exported {path.stat().st_size >> 20} MiB in '
            f'{time.monotonic() - began:.1f} s.'
        )
        return self._target.cloud.compare(path)

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

"""``tox -e fuzz``: requests that nobody would send, to a daemon at work.

Schemathesis draws them of the description of the API, those that it allows
and those that it does not, and compares each answer with it.  Meanwhile things
happen in a simulated cloud, and the status is asked for: neither may the
daemon answer 500, nor may the model be late.
"""

import argparse
import collections.abc
import contextlib
import itertools
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import typing
import urllib.request

import httpx2

_STARTING: typing.Final = 180.0
_PAUSE: typing.Final = 0.25
#: Runs of Schemathesis at a time.
_RUNS: typing.Final = 3
_CONFIGURATION: typing.Final = pathlib.Path(__file__).with_name(
    'schemathesis.toml'
)
#: Seconds that a notification may take until the model shows it.
_LATEST: typing.Final = 1.0
_CHECKS: typing.Final = (
    *('status_code_conformance', 'content_type_conformance'),
    *('response_schema_conformance', 'response_headers_conformance'),
)
#: It never ends, so it is asked for by this module.
_ENDLESS: typing.Final = '/changes'
#: They wait for as long as they are told to, which Schemathesis is not let do.
_WAITING: typing.Final = (
    *('POST /synchronize', 'POST /refresh?element=x', 'GET /freshness'),
)
_COUNT: typing.Final = re.compile(
    r'^cdm_graph_http_request_duration_seconds_count\{(.*)\} (\S+)$', re.M
)


class _Daemon:
    """A demo that serves, as a process."""

    def __init__(self, folder: pathlib.Path) -> None:
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.url = f'http://127.0.0.1:{free.getsockname()[1]}'
        self.log = folder / 'demo.log'
        self._asked = 0
        with self.log.open('wb') as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, '-m', 'cdm_graph.cmd.main', 'demo'),
                    *('--hosts', '20', '--instances', '300', '--rate', '20'),
                    *('--serve', self.url.removeprefix('http://')),
                    *('--output', str(folder)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def wait(self) -> None:
        deadline = time.monotonic() + _STARTING
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                sys.exit(f'The demo did not start:\n{self.log.read_text()}')
            time.sleep(_PAUSE)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), self._open('/ready') as answer:
            return int(answer.status) == 200
        return False

    def _open(self, path: str) -> typing.Any:
        answer = urllib.request.urlopen(  # noqa: S310 - it is ours
            self.url + path, timeout=30
        )
        self._asked += 1
        return answer

    def status(self) -> dict[str, typing.Any]:
        with self._open('/status') as answer:
            return typing.cast(dict[str, typing.Any], json.load(answer))

    def requests(self) -> dict[str, int]:
        """Return how many were answered, by their status.

        Those are left out which this module sends to see how it does.
        """
        seen = self._asked
        with self._open('/metrics') as answer:
            text = answer.read().decode()
        counts: dict[str, int] = {}
        for labels, count in _COUNT.findall(text):
            (status,) = re.findall(r'status="([^"]*)"', labels)
            counts[status] = counts.get(status, 0) + int(float(count))
        counts['200'] -= seen
        return counts

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


class _Onlooker(threading.Thread):
    """Asks for the status all the time, and notes how long that takes."""

    def __init__(self, daemon: _Daemon) -> None:
        super().__init__(daemon=True)
        self._daemon = daemon
        self._ended = threading.Event()
        self.slowest = 0.0

    def run(self) -> None:
        while not self._ended.wait(_PAUSE):
            began = time.monotonic()
            self._daemon.status()
            self.slowest = max(self.slowest, time.monotonic() - began)

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _fuzz(daemon: _Daemon, seeds: collections.abc.Iterable[int]) -> bool:
    """Run Schemathesis with each seed; return whether it found nothing.

    They run at the same time, as processes: its own workers are threads, in
    which Python 3.11 fails to parse now and then.
    """
    runs = [_begin(daemon, seed) for seed in seeds]
    outputs = [run.communicate()[0] for run in runs]
    for run, output in zip(runs, outputs, strict=True):
        if run.returncode:
            print(output[-20_000:])
    return not any(run.returncode for run in runs)


def _begin(daemon: _Daemon, seed: int) -> subprocess.Popen[str]:
    folder = daemon.log.parent / str(seed)
    folder.mkdir()
    return subprocess.Popen(
        [
            str(pathlib.Path(sys.executable).with_name('st')),
            *('--config-file', str(_CONFIGURATION), 'run'),
            *('--checks', ','.join(_CHECKS)),
            *('--exclude-path', _ENDLESS, '--phases', 'coverage,fuzzing'),
            *('--seed', str(seed)),
            *('--request-timeout', '60', '--warnings', 'off'),
            *('--suppress-health-check', 'all', '--no-color'),
            f'{daemon.url}/openapi.json',
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # It keeps a cache where it runs.
        cwd=folder,
    )


def _fuzz_endless(daemon: _Daemon) -> int:
    """Begin streams of events, and leave them; return how many."""
    odd = ('', 'x', '-', '\0', '9' * 5000, '%', 'Instance', "'", '\u0661')
    names = ('kind', 'element', 'project', 'host', 'last_event_id', 'x')
    count = 0
    with httpx2.Client(base_url=daemon.url, timeout=30.0) as web:
        for name, value in itertools.product(names, odd):
            with web.stream('GET', _ENDLESS, params={name: value}) as answer:
                if answer.status_code == 200:
                    next(answer.iter_text(), '')
            count += 1
    return count


def _fuzz_waiting(daemon: _Daemon) -> int:
    """Have what waits do so for a time that is none; return how many."""
    odd = (
        '',
        'x',
        '-1',
        '0',
        'nan',
        'inf',
        '1e999',
        '9' * 5000,
        '\0',
        '\u0661',
    )
    count = 0
    with httpx2.Client(base_url=daemon.url, timeout=30.0) as web:
        for asked, timeout in itertools.product(_WAITING, odd):
            method, path = asked.split()
            url = httpx2.URL(path).copy_merge_params({'timeout': timeout})
            answer = web.request(method, url)
            assert answer.status_code == 400, (asked, timeout, answer.text)
            count += 1
    return count


def main() -> int:
    parser = argparse.ArgumentParser('tox -e fuzz --', description=__doc__)
    parser.add_argument('--requests', type=int, default=20_000)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='cdm-graph-fuzz-') as folder:
        daemon = _Daemon(pathlib.Path(folder))
        try:
            daemon.wait()
            return _report(daemon, options.requests, options.seed)
        finally:
            daemon.stop()


def _sum(daemon: _Daemon) -> int:
    return sum(daemon.requests().values())


def _report(daemon: _Daemon, wanted: int, seed: int) -> int:
    onlooker = _Onlooker(daemon)
    onlooker.start()
    found_nothing = True
    streams = _fuzz_endless(daemon)
    _fuzz_waiting(daemon)
    while found_nothing and (sent := _sum(daemon)) < wanted:
        print(f'{sent} requests so far', flush=True)
        found_nothing = _fuzz(daemon, range(seed, seed + _RUNS))
        seed += _RUNS
    onlooker.stop()
    counts = daemon.requests()
    lag = daemon.status()['notifications']['lag']
    print(f'{sum(counts.values())} requests, {streams} streams of events')
    for status, count in sorted(counts.items()):
        print(f'status {status}: {count}')
    print(f'the slowest status: {onlooker.slowest:.3f} s')
    print(f'lag of the model: p50 {lag["p50"]:.3f} s, p99 {lag["p99"]:.3f} s')
    held = (
        found_nothing
        and not counts.get('500')
        and lag['count'] > 0
        and lag['p99'] < _LATEST
    )
    print('fuzz: OK' if held else 'fuzz: FAILED')
    return 0 if held else 1


if __name__ == '__main__':
    sys.exit(main())

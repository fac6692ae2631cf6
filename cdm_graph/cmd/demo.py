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

"""``cdm-graph demo``: all of it in one process, on a simulated cloud."""

import argparse
import collections
import collections.abc
import contextlib
import dataclasses
import importlib.util
import logging
import math
import os
import tempfile
import time
import typing

from oslo_config import cfg

from cdm_graph import exceptions
from cdm_graph import interpreter
from cdm_graph import service
from cdm_graph.api import app
from cdm_graph.api import server
from cdm_graph.cmd import base
from cdm_graph.cmd import comparison
from cdm_graph.cmd import progress
from cdm_graph.cmd import query
from cdm_graph.cmd import results
from cdm_graph.cmd import simulate
from cdm_graph.cmd import tables
from cdm_graph.conf import loading
from cdm_graph.export import files
from cdm_graph.export import formats
from cdm_graph.model import answer
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from cdm_graph.store import inquiry as inquiries

_FILL_TIMEOUT: typing.Final = 120.0
_DRAIN_TIMEOUT: typing.Final = 60.0
_POLL: typing.Final = 0.1
#: Differences that are shown in words.
_SHOWN: typing.Final = 20
_BUS: typing.Final = 'fake://'
_ADDRESS: typing.Final = '127.0.0.1:8780'
_SECONDS: typing.Final = 15.0
#: Little beside the servers and their volumes, which the demo is about.
_BACKENDS: typing.Final = 2
_VOLUMES: typing.Final = 10
_MACHINES: typing.Final = 10
_STORAGE_RATE: typing.Final = 0.2
_METAL_RATE: typing.Final = 0.5
#: Of what these know not all is announced, nor is it looked for in so short
#: a time.
_TELL_LITTLE: typing.Final = ('cinder', 'ironic')


class Demo(base.Command):
    """Keep the model of a simulated cloud live, and prove that it is right.

    It exits 0 only if the model equals the cloud in the end.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        simulate.add_cloud(parser)
        base.add_json(parser)
        parser.add_argument(
            '--seconds',
            type=base.positive,
            help='How long things happen in the cloud. Default: 15, and with '
            '--serve until it is interrupted.',
        )
        parser.add_argument(
            '--serve',
            nargs='?',
            const=_ADDRESS,
            metavar='ADDRESS',
            help='Answer HTTP on the loopback interface meanwhile, at '
            '%(const)s or another address and port.',
        )
        parser.add_argument(
            '--query',
            metavar='QUESTION|CYPHER',
            help='Mirror the model into the embedded engine as well, and ask '
            'it that in the end, such as blast-radius.',
        )
        query.add_parameters(parser)
        parser.add_argument(
            '--output',
            metavar='DIR',
            help='Where to write cloud.graphml; default: a new directory in '
            'the one for temporary files.',
        )

    def execute(self, options: argparse.Namespace) -> int:
        """Run the demo, and return 0 if the model is right."""
        base.log_to_stderr(logging.INFO if self.debug else logging.ERROR)
        directory = _directory(options.output)
        report, differences, rows = self._run(options, directory)
        for difference in differences[:_SHOWN]:
            self.say(f'DIFFERENCE {difference}')
        if options.json:
            self.show_json(report)
        else:
            self.show(_describe(report))
        if rows is not None:
            self.show('')
            self.show(results.table(rows))
        return 1 if differences else 0

    def _run(
        self, options: argparse.Namespace, directory: str
    ) -> tuple[
        dict[str, typing.Any],
        list[comparison.Difference],
        answer.Answer | None,
    ]:
        given = query.read_parameters(options.parameter)
        self.say(
            f'A simulated cloud of {options.hosts} hosts and '
            f'{options.instances} servers begins (seed {options.seed}).'
        )
        simulation = process.Simulation(
            process.SimulationOptions(
                hosts=options.hosts,
                instances=options.instances,
                seed=options.seed,
                rate=options.rate,
                transport_url=_BUS,
                backends=_BACKENDS,
                volumes=_VOLUMES,
                storage_rate=_STORAGE_RATE,
                machines=_MACHINES,
                metal_rate=_METAL_RATE,
                formats=notification.Format.VERSIONED,
            )
        )
        simulation.start()
        mirrored = bool(options.query or (options.serve and _has_engine()))
        main = service.ClusterModelService(
            _configuration(simulation, mirrored=mirrored)
        )
        tuned = interpreter.Interpreter(main.last_read_at)
        try:
            tuned.start()
            main.start()
            self._fill(main)
            with self._serving(main, options.serve):
                self._churn(main, _seconds(options))
            simulation.settle()
            self._drain(main, simulation)
            report, differences = self._report(
                main, simulation, options, directory
            )
            return report, differences, self._ask(main, options.query, given)
        finally:
            main.stop()
            simulation.stop()
            tuned.stop()

    def _fill(self, main: service.ClusterModelService) -> None:
        began = time.monotonic()
        collectors = main.collector_manager.get_collectors().values()
        for collector in collectors:
            while collector.last_synchronize is None:
                time.sleep(_POLL)
                if time.monotonic() - began > _FILL_TIMEOUT:
                    raise exceptions.NotReady(
                        'The model could not be filled: '
                        f'{collector.health.last_error or "it took too long"}'
                    )
        seconds = time.monotonic() - began
        self.say(
            f'The model has {len(main.snapshot())} elements after '
            f'{seconds:.1f} s.'
        )

    @contextlib.contextmanager
    def _serving(
        self, main: service.ClusterModelService, address: str | None
    ) -> collections.abc.Iterator[None]:
        """Answer HTTP meanwhile, until it is interrupted."""
        if address is None:
            yield
            return
        with tempfile.TemporaryDirectory(prefix='cdm-graph-') as folder:
            socket = os.path.join(folder, 'cdm.sock')
            main.conf.set_override('socket', socket, group='daemon')
            main.conf.set_override('listen', address, group='api')
            api = server.ApiService(app.build(main), main.conf)
            api.start()
            self.say(f'Serving on http://{address}/; Ctrl-C ends it.')
            try:
                yield
            except KeyboardInterrupt:
                self.say()
            finally:
                api.stop()

    def _churn(
        self, main: service.ClusterModelService, seconds: float
    ) -> None:
        bar = progress.ProgressBar('Things happen', seconds)
        began = time.monotonic()
        while (done := time.monotonic() - began) < seconds:
            received = main.counters.read().received
            bar.show(done, f'{received} notifications')
            time.sleep(min(_POLL, seconds - done))
        bar.show(seconds, f'{main.counters.read().received} notifications')
        bar.close()

    def _drain(
        self,
        main: service.ClusterModelService,
        simulation: process.Simulation,
    ) -> None:
        """Wait until all that was published has reached the model.

        What is not announced is fetched; of Nova nothing is.
        """
        self.say('Nothing happens any more; waiting for the bus to drain.')
        self._await_drain(main, simulation)
        for name in _TELL_LITTLE:
            collector = main.collector(name)
            ticket = collector.request_synchronize('what is not announced')
            collector.wait_for_synchronize(ticket, _DRAIN_TIMEOUT)
        self._await_drain(main, simulation)

    def _await_drain(
        self,
        main: service.ClusterModelService,
        simulation: process.Simulation,
    ) -> None:
        began = time.monotonic()
        while not (
            main.counters.read().received >= _published(simulation)
            and main.is_drained()
        ):
            if time.monotonic() - began > _DRAIN_TIMEOUT:
                self.say('The bus did not drain in time.')
                return
            time.sleep(_POLL)

    def _ask(
        self,
        main: service.ClusterModelService,
        text: str | None,
        given: dict[str, typing.Any],
    ) -> answer.Answer | None:
        if not text:
            return None
        self.say('The database catches up with the model.')
        return main.query(text, inquiries.typed(text, given))

    def _report(
        self,
        main: service.ClusterModelService,
        simulation: process.Simulation,
        options: argparse.Namespace,
        directory: str,
    ) -> tuple[dict[str, typing.Any], list[comparison.Difference]]:
        began = time.perf_counter()
        snapshot = main.snapshot()
        snapshot_seconds = time.perf_counter() - began
        differences = _differences(main, simulation)
        path = os.path.join(directory, 'cloud.graphml')
        files.write(path, formats.chunks('graphml', snapshot))
        counters = main.counters.read()
        report = {
            'hosts': options.hosts,
            'seed': options.seed,
            'elements': snapshot.count_elements(),
            'relations': snapshot.count_relations(),
            'nodes': snapshot.graph.number_of_nodes(),
            'edges': snapshot.graph.number_of_edges(),
            'published': _published(simulation),
            'notifications': dataclasses.asdict(counters),
            'changes': snapshot.sequence,
            'lag_p50_seconds': counters.lag.p50,
            'lag_p99_seconds': counters.lag.p99,
            'snapshot_seconds': snapshot_seconds,
            'facts': dict(_facts(snapshot)),
            'graphml': path,
            'differences': len(differences),
        }
        return report, differences


def _published(simulation: process.Simulation) -> int:
    """Return how many notifications the bus was given."""
    exchanges = simulate.sources(simulation).values()
    return sum(map(simulation.published_on, exchanges))


def _differences(
    main: service.ClusterModelService, simulation: process.Simulation
) -> list[comparison.Difference]:
    """Compare the model of each service with what is true of it."""
    truths = {
        'nova': simulation.truth,
        'cinder': simulation.storage_truth,
        'ironic': simulation.metal_truth,
    }
    return [
        difference
        for name, truth in truths.items()
        for difference in comparison.differences(
            main.collector(name).cluster_data_model, truth()
        )
    ]


def _seconds(options: argparse.Namespace) -> float:
    """Return how long things happen."""
    if options.seconds is not None:
        return float(options.seconds)
    return _SECONDS if options.serve is None else math.inf


def _has_engine() -> bool:
    return importlib.util.find_spec('arcadedb_embedded') is not None


def _directory(wanted: str | None) -> str:
    if wanted is None:
        return tempfile.mkdtemp(prefix='cdm-graph-demo-')
    try:
        os.makedirs(wanted, exist_ok=True)
    except OSError as error:
        raise exceptions.ConfigurationError(
            f'--output: there can be no directory {wanted}: {error.strerror}.'
        ) from error
    return wanted


def _configuration(
    simulation: process.Simulation, mirrored: bool
) -> cfg.ConfigOpts:
    sources = simulate.sources(simulation)
    conf = loading.load(
        overrides={
            ('collector', 'collectors'): list(sources),
            ('notifications', 'exchanges'): list(sources.values()),
            ('notifications', 'topics'): simulate.topics(
                simulation, notification.Format.VERSIONED
            ),
            ('nova', 'auth_type'): 'password',
            ('notifications', 'transport_url'): _BUS,
            # With one, the bus in this process would keep all as well for
            # who reads without.
            ('notifications', 'pool'): '',
            ('notifications', 'heartbeat_period'): 0.5,
            ('collector', 'settling_time'): 3.0,
            ('store', 'name'): 'embedded' if mirrored else '',
            ('store', 'query_timeout'): _FILL_TIMEOUT,
        },
        find_files=False,
    )
    return loading.with_credentials(
        conf, simulation.auth_url, simulation.credentials
    )


def _facts(
    model: root.ModelRoot,
) -> collections.abc.Iterator[tuple[str, str]]:
    """Yield a few things that are found by traversing the graph."""
    nodes = model.get_all_compute_nodes().values()
    fullest = max(
        nodes,
        key=lambda node: (
            model.get_node_used_resources(node).vcpus,
            node.uuid,
        ),
        default=None,
    )
    if fullest is not None:
        used = model.get_node_used_resources(fullest)
        yield (
            'fullest node',
            f'{fullest.hostname}: {used.vcpus} of {fullest.vcpus} vCPUs, '
            f'{len(model.get_node_instances(fullest))} servers',
        )
        projects = {
            project
            for instance in model.get_node_instances(fullest)
            for project in model.successors(instance, schema.Relation.OWNED_BY)
        }
        yield 'projects hit if it fails', str(len(projects))
    off = [node for node in nodes if node.status == 'disabled']
    stranded = sum(len(model.get_node_instances(node)) for node in off)
    yield 'servers on disabled nodes', f'{stranded} on {len(off)} nodes'
    zones: collections.Counter[str] = collections.Counter()
    for zone in model.get_all(schema.Kind.AVAILABILITY_ZONE).values():
        for node in model.predecessors(zone, schema.Relation.IN_ZONE):
            zones[schema.key_of(zone).key] += len(
                model.predecessors(node, schema.Relation.HOSTED_ON)
            )
    yield (
        'servers by zone',
        _counted(zones),
    )
    yield 'volumes', _counted(_values(model, schema.Kind.VOLUME, 'status'))
    yield (
        'bare machines',
        _counted(
            _values(model, schema.Kind.BAREMETAL_NODE, 'provision_state')
        ),
    )


def _values(
    model: root.ModelRoot, kind: schema.Kind, name: str
) -> collections.Counter[str]:
    """Count the elements of a kind by an attribute of theirs."""
    return collections.Counter(
        str(getattr(element, name)) for element in model.each(kind)
    )


def _counted(counts: collections.Counter[str]) -> str:
    return ', '.join(
        f'{name} {count}' for name, count in sorted(counts.items())
    )


def _describe(report: dict[str, typing.Any]) -> str:
    notifications = report['notifications']
    outcomes = ', '.join(
        f'{count} {outcome}'
        for outcome, count in notifications['outcomes'].items()
        if count
    )
    rows: list[tuple[str, object]] = [
        ('elements', sum(report['elements'].values())),
        ('relations', sum(report['relations'].values())),
        ('notifications', f'{notifications["received"]} ({outcomes})'),
        ('changes', report['changes']),
        (
            'lag p50, p99',
            f'{tables.seconds(report["lag_p50_seconds"])}, '
            f'{tables.seconds(report["lag_p99_seconds"])}',
        ),
        ('snapshot', tables.seconds(report['snapshot_seconds'])),
        *report['facts'].items(),
        ('GraphML', report['graphml']),
        ('differences', report['differences']),
    ]
    return '\n'.join(f'{name:<26}{value}' for name, value in rows)

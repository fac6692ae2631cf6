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

"""``cdm-graph simulate``: a simulated cloud to try things with."""

import argparse
import logging
import math
import signal
import threading

from cdm_graph.cmd import base
from cdm_graph.simulation import notification
from cdm_graph.simulation import process


class Simulate(base.Command):
    """Serve a simulated Nova, Cinder, Ironic and Keystone, until stopped.

    They are on loopback.  It prints the configuration with which "cdm-graph
    serve" keeps its model, and announces on a message bus, if one is named,
    what happens in it.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        add_cloud(parser)
        parser.add_argument(
            '--backends',
            type=_amount,
            default=3,
            metavar='N',
            help='Storage back ends; without any there is no Cinder. '
            'Default: 3.',
        )
        parser.add_argument(
            '--volumes',
            type=_amount,
            default=50,
            metavar='N',
            help='Volumes beside those of the servers. Default: 50.',
        )
        parser.add_argument(
            '--storage-rate',
            type=_rate,
            default=5.0,
            metavar='N',
            help='Operations on storage to begin in a second, beside those '
            'on servers. Default: 5.',
        )
        parser.add_argument(
            '--machines',
            type=_amount,
            default=10,
            metavar='N',
            help='Bare machines, of which four in five are hosts; without any '
            'there is no Ironic. Default: 10.',
        )
        parser.add_argument(
            '--metal-rate',
            type=_rate,
            default=1.0,
            metavar='N',
            help='Operations on bare machines to begin in a second. '
            'Default: 1.',
        )
        parser.add_argument(
            '--port',
            type=_port,
            default=8774,
            help='Port on 127.0.0.1; 0 is any that is free. Default: 8774.',
        )
        parser.add_argument(
            '--transport-url',
            metavar='URL',
            help='Message bus, such as rabbit://user:password@127.0.0.1/.',
        )
        parser.add_argument(
            '--format',
            choices=[each.value for each in notification.Format],
            default=notification.Format.VERSIONED.value,
            help="Format of Nova's notifications. Default: versioned.",
        )

    def execute(self, options: argparse.Namespace) -> int:
        """Serve until stopped."""
        base.log_to_stderr(logging.DEBUG if self.debug else logging.WARNING)
        simulation = process.Simulation(
            process.SimulationOptions(
                hosts=options.hosts,
                instances=options.instances,
                backends=options.backends,
                volumes=options.volumes,
                machines=options.machines,
                seed=options.seed,
                rate=options.rate,
                storage_rate=options.storage_rate,
                metal_rate=options.metal_rate,
                transport_url=options.transport_url,
                formats=notification.Format(options.format),
                port=options.port,
            )
        )
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_args: stop.set())
        simulation.start()
        self.show(_configuration(simulation, options))
        stop.wait()
        simulation.stop()
        return 0


def add_cloud(parser: argparse.ArgumentParser) -> None:
    """Declare what the simulated cloud is like."""
    parser.add_argument(
        '--hosts', type=_count, default=20, help='Default: 20.'
    )
    parser.add_argument(
        '--instances', type=_count, default=500, help='Default: 500.'
    )
    parser.add_argument(
        '--rate',
        type=base.positive,
        default=20.0,
        metavar='N',
        help='Operations to begin in a second. Default: 20.',
    )
    parser.add_argument(
        '--seed', type=int, default=1, help='What chance makes of it.'
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError('there must be at least one')
    return number


def _amount(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError('there cannot be less than none')
    return number


def _rate(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f'there is no rate of {text}')
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**16:
        raise argparse.ArgumentTypeError(f'there is no port {number}')
    return number


def _configuration(
    simulation: process.Simulation, options: argparse.Namespace
) -> str:
    lines = [
        '# The configuration for cdm-graph serve:',
        '[collector]',
        f'collectors = {",".join(sources(simulation))}',
        '[nova]',
        'auth_type = password',
        f'auth_url = {simulation.auth_url}',
        *(
            f'{name} = {value}'
            for name, value in simulation.credentials.items()
        ),
    ]
    if options.transport_url:
        announced_on = topics(simulation, notification.Format(options.format))
        lines += [
            '[notifications]',
            f'transport_url = {options.transport_url}',
            f'topics = {",".join(announced_on)}',
            f'exchanges = {",".join(sources(simulation).values())}',
        ]
    return '\n'.join(lines)


def sources(simulation: process.Simulation) -> dict[str, str]:
    """Return the collectors for a cloud, each with its service's exchange."""
    found = {'nova': notification.NOVA_EXCHANGE}
    if simulation.cloud.storage.backends:
        found['cinder'] = notification.CINDER_EXCHANGE
    if simulation.cloud.metal.machines:
        found['ironic'] = notification.IRONIC_EXCHANGE
    return found


def topics(
    simulation: process.Simulation, format_: notification.Format
) -> list[str]:
    """Return the topics that are announced on, each once."""
    of_nova = (
        notification.UNVERSIONED_TOPIC
        if format_ is notification.Format.UNVERSIONED
        else notification.VERSIONED_TOPIC
    )
    of_others = {
        'cinder': notification.UNVERSIONED_TOPIC,
        'ironic': notification.IRONIC_TOPIC,
    }
    there = sources(simulation)
    others = (topic for name, topic in of_others.items() if name in there)
    return list(dict.fromkeys([of_nova, *others]))

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

"""A soak: the daemon beside a large, busy cloud that things befall.

``python -m tests.soak`` runs ``cdm-graph serve`` on a real message broker
against a simulated cloud in a process of its own, injects faults on a
schedule, and samples the daemon once a second.  In the end nothing happens
any more, and the exported model is compared with the truth.

===============  ============================================================
``process``      the process of the simulated cloud, and how it is spoken to
``pace``         so many announced changes a second
``broker``       a RabbitMQ that can be frozen, killed and started again
``noise``        messages that no Nova would send
``faults``       what befalls the cloud and the bus, and when
``usage``        memory and CPU of processes
``sampling``     what the daemon says of itself, once a second
``windows``      which samples are a fault's, and how old the model was
``runner``       all of it together
``report``       the figures
===============  ============================================================
"""

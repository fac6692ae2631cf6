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

"""A real OpenStack control plane on one machine, and what is proved on it.

``python -m tests.devcloud`` stands up RabbitMQ, MariaDB, Keystone, Placement,
Glance, Nova with five nova-computes and Cinder with two storage backends,
starts the daemon beside them, does to the cloud what operators and users do,
and compares the live model with what Nova's API and Cinder's say after each
step.  It does so in several passes, one for each way in which Nova may
announce what happens.

Real is everything that the daemon talks to.  Not real are the hypervisor
(Nova's own fake driver, with a memory), the storage (sparse files) and Neutron
(a stub that has no networks).  Not there: a second cell, TLS.

The modules, from the bottom: ``settings`` and ``process``; ``packages``,
``broker``, ``database``, ``configuration``, ``identity``, ``seed``,
``services``, ``computes`` and ``storage``, of which ``cloud`` makes a cloud;
``view`` and ``view_builder``, ``compute_truth`` and ``storage_truth``, of
which ``truth`` makes one, ``model_client`` and ``comparison``, which compare;
``daemon``; ``actions``, ``volume_actions`` and ``storage_actions``, the latter
two by means of ``cinder_api``, ``scenario``, ``short_scenario`` and
``volume_scenario``, which act; ``runner``, which reports; ``passes``.
``inside`` holds what runs within the cloud's own virtual environment.
"""

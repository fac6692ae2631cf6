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

"""A simulated OpenStack cloud, with its notifications.

It exists so that everything else can be tested, demonstrated and measured
without a cloud: APIs that the clients of Nova, Cinder, Ironic and
Keystone talk to, notifications on a real bus in the services' own formats and
order, and the truth to compare with.

==================  =========================================================
``nova``            a simulated Nova
``cinder``          a simulated Cinder
``ironic``          a simulated Ironic
``records``         the rows of the cloud's database that services share
``identifiers``     UUIDs that come from a seed
``moments``         the ways in which services write a time
``notification``    a message with its envelope, and who sends it
``publisher``       puts notifications on a bus
``truth``           the form of what a perfect model would say
``faults``          what shall go wrong with the APIs
``api_error``       answers that are errors
``microversions``   which version of an API a request is for
``cloud``           the database: tables of all services, and one lock
``rest_api``        what stands before each path of a service
``keystone_api``    as much of Keystone's as it takes to log in
``connections``     what Nova has Cinder do with the volumes of servers
``operations``      what happens in a cloud, as steps: change and announce
``finder``          finds things to do, and keeps what is worked on
``churn``           many of them at once, for as long as wanted
``server``          serves the APIs on one port
``process``         all of it together, as one thing to start and stop
==================  =========================================================

No service imports another one: what two of them do together is beside their
packages.  ``cloud`` holds the tables of each; ``connections`` and
``operations`` use Nova and Cinder, since each has the other do things; above
the services are only ``churn``, ``server`` and ``process``.  The rest knows
none of them.

It is the lowest room of the house and knows nothing of the model: what the
two say of a cloud agrees because both are right, not because they share
code.
"""

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

======================  =====================================================
``records``             the rows of the cloud's database
``servers``             its largest table, with indices
``migrations``          the table of moves
``devices``             makes ports, volumes and shares
``identifiers``         UUIDs that come from a seed
``cloud``               the database: tables and one lock
``population``          fills a cloud from a seed
``operations``          what happens in a cloud, as steps: change and announce
``instance``            a service's own copy of a server, as stale as in Nova
``finder``              finds things to do, and keeps what is worked on
``scenarios``           what is done by chance, and to what
``churn``               many of them at once, for as long as wanted
``connections``         what Nova has Cinder do with the volumes of servers
``announcer``           makes Nova's notifications of what happened
``payloads``            the contents of versioned notifications
``legacy``              the contents of unversioned notifications
``notification``        a message with its envelope, and who sends it
``publisher``           puts notifications on a bus
``server``              serves the APIs on one port
``nova_api``            Nova's API, with its ``rows`` and ``microversions``
``keystone_api``        as much of Keystone's as it takes to log in
``rest_api``            what stands before each path of a service
``api_error``           answers that are errors
``faults``              what shall go wrong with the APIs
``truth``               what a perfect model of Nova would say
``cinder``              a simulated Cinder
``ironic``              a simulated Ironic
``process``             all of it together, as one thing to start and stop
======================  =====================================================

It is the lowest room of the house and knows nothing of the model: what the
two say of a cloud agrees because both are right, not because they share
code.
"""

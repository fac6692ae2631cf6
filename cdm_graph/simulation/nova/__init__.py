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

"""The simulated Nova: servers and hosts, and what is told of them.

==============  =============================================================
``servers``     the largest table of the cloud's database, with indices
``migrations``  the table of moves
``devices``     makes ports, volumes and shares
``population``  fills a cloud from a seed
``instance``    a service's own copy of a server, as stale as in Nova
``announcer``   makes Nova's notifications of what happened
``payloads``    the contents of versioned notifications
``legacy``      the contents of unversioned notifications
``scenarios``   what is done by chance, and to what
``api``         Nova's API, with its ``rows``
``truth``       what a perfect model of Nova would say
==============  =============================================================

It promises that the collector cannot tell it from a real Nova: the same
answers and notifications, in the same order, as stale and as misleading.  That
is compared with what was recorded of one.  Its API does not promise more than
is read there, and changes nothing: what happens to servers is in
``operations`` beside the packages.

It imports neither of the other services: what it has Cinder do goes through
``connections`` beside the packages.
"""

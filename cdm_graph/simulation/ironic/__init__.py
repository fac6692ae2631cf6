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

"""The simulated Ironic: bare machines, and what is told of them.

==============  =============================================================
``metal``       Ironic's part of the database, in a cloud with machines
``records``     its rows
``population``  gives a cloud an Ironic, from its seed
``operations``  what happens to machines, as steps: change and announce
``payloads``    the contents of its notifications
``scenarios``   what is done to machines by chance
``api``         its API, with its ``rows``
``truth``       what a perfect model of Ironic would say
==============  =============================================================

It promises that the collector cannot tell it from a real Ironic: the same
answers and notifications, in the same order, and as late.  That is compared
with what was recorded of one; what was not recorded is as Ironic's code has
it.  Its API does not promise more than is read there, and changes nothing:
what happens to machines happens by ``operations``.

It imports neither of the other services.  Which host of Nova's a machine is,
it reads in the cloud's rows, which all of them share.
"""

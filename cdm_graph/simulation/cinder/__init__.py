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

"""The simulated Cinder: storage, and what is told of it.

======================  =====================================================
``storage``             Cinder's part of the database, in a cloud with storage
``records``             its rows
``volume_table``        its largest table, with indices
``population``          gives a cloud a Cinder, from its seed
``volume_object``       a service's own copy of a volume, as stale as in Cinder
``announcer``           makes Cinder's notifications of what happened
``payloads``            the contents of its notifications
``scheduler_payloads``  those of what its scheduler refuses
``scenarios``           what is done to storage by chance
``api``                 its API, with its ``rows`` and ``filters``
``truth``               what a perfect model of Cinder would say
======================  =====================================================

It promises that the collector cannot tell it from a real Cinder: the same
answers and notifications, in the same order, and as stale.  That is compared
with what was recorded of one.  Its API does not promise more than is read
there, and changes nothing.

It imports neither of the other services.  What happens to storage is in
``operations`` beside the packages, since Nova has Cinder attach volumes, and
Cinder has Nova swap them; which servers there are, it reads in the cloud's
rows, which all services share.
"""

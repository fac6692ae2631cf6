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

"""A live, queryable graph of an OpenStack cloud.

The rooms of the house, from the top; each uses only those below it, which
``lint-imports`` holds: ``cmd``, ``api``, ``service``, ``scheduling``,
``collector``, ``notification``, ``store``, ``history``, ``export``, ``model``,
``conf``, ``simulation``.  Below them all are ``exceptions`` and ``clock``;
beside ``api`` stands ``integration``, for other programs of OpenStack, and
beside ``service`` ``interpreter``, which tunes the daemon's process.

Nothing is imported here, so that a program that wants the schema alone does
not load messaging and clients.
"""

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

"""What lets other programs of OpenStack work on the model: a package each.

It runs in the process of the other program, builds a live model there as the
daemon does, and puts that program's own interface over its snapshots.  So it
stands above ``service``, beside ``api``: the daemon knows nothing of it, and
it nothing of HTTP.
"""

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

"""OpenStack Watcher's strategies on this model.

=======================  ====================================================
``collector``            what Watcher loads: hands a model to each strategy
``compute_collector``    in the place of its collector ``compute``
``storage_collector``    of ``storage``
``baremetal_collector``  of ``baremetal``
``options``              what they are told in Watcher's file
``source``               the live model in Watcher's process
``model``                a snapshot with the interface of a model of Watcher's
``compute_model``        the nodes with their servers
``storage_model``        the back ends with their pools and volumes
``baremetal_model``      the bare machines
``table``                elements by their keys, made when they are looked at
``placements``           which elements are on which others
``lazy``                 an element of Watcher's, which is told its facts late
``compute_elements``     nodes and servers
``storage_elements``     back ends, pools and volumes
``baremetal_elements``   bare machines
``capacities``           what Placement says that nodes offer
``capacity``             what one node offers
=======================  ====================================================

Nothing here changes Watcher's code, its strategies or its scopes.
"""

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

"""How much of the openCypher TCK the embedded engine passes.

===============  ============================================================
``archive``      the kit as it is published
``feature``      its features, as scenarios
``notation``     the values that are written in them
``values``       when two values are the same
``answers``      what the driver returns, as such values
``temporal``     dates, times and durations, as texts
``engine``       the engine under test, in a process of its own
``databases``    new databases in it
``graph``        the graph in one: asked, looked at, renewed
``effects``      what a query did to a graph
``trial``        one scenario, step by step
``runner``       all scenarios, and what became of each
``report``       what failed, and the figures
===============  ============================================================
"""

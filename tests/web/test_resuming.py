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


import collections.abc

from cdm_graph.simulation import faults
from tests.functional import rig as rigs
from tests.web import browser as browsers
from tests.web import rig

NewWindow = collections.abc.Callable[..., browsers.Window]


def test_it_goes_on_after_an_offline_spell(new_window: NewWindow) -> None:
    with rig.serving(hosts=6, instances=60) as (cloud, daemon):
        window = new_window(daemon.url).wait_for_the_cloud()
        uuid = rigs.plain_servers(cloud)[9]
        window.context.set_offline(True)
        window.until_badge('offline')
        after = rig.migrate(cloud, uuid)
        assert window.host_of(uuid) != after
        window.context.set_offline(False)
        window.until_badge('live')
        rigs.eventually(
            'the migration is seen', lambda: window.host_of(uuid) == after
        )
        window.forgive()
        window.close()


def test_it_goes_on_after_a_restart_of_the_daemon(
    new_window: NewWindow,
) -> None:
    with rig.serving(hosts=5, instances=30) as (cloud, daemon):
        window = new_window(daemon.url).wait_for_the_cloud()
        daemon.stop()
        window.until_badge('offline')
        uuid = rigs.plain_servers(cloud)[0]
        after = rig.migrate(cloud, uuid)
        daemon.restart()
        window.until_badge('live')
        rigs.eventually(
            'the map is read anew', lambda: window.host_of(uuid) == after
        )
        window.forgive()
        window.close()


def test_it_says_that_the_daemon_lists(new_window: NewWindow) -> None:
    with rig.serving(hosts=3, instances=10) as (cloud, daemon):
        window = new_window(daemon.url).wait_for_the_cloud()
        cloud.faults.delay(faults.PAGES, 1.0)
        window.ask("void fetch('synchronize', { method: 'POST' })")
        window.until_badge('listing')
        cloud.faults.clear()
        window.until_badge('live')
        window.close()


def test_without_a_database_the_console_says_so(
    new_window: NewWindow,
) -> None:
    with rig.serving(hosts=3, instances=10) as (_, daemon):
        window = new_window(daemon.url).wait_for_the_cloud()
        window.page.click('#tab-console')
        window.page.click('#run')
        window.until_text('#answer-error', 'no graph database')
        # The browser itself complains about the status.
        window.complaints.clear()
        window.close()

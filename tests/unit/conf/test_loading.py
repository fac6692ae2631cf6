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

import pathlib
import typing

from oslo_config import cfg
import pytest

from cdm_graph import exceptions
from cdm_graph.conf import loading

_GROUP: typing.Final = cfg.OptGroup('other')
_OPTIONS: typing.Final = [cfg.IntOpt('number', default=7, min=1)]


def _file(path: pathlib.Path, text: str) -> str:
    where = path / 'cdm-graph.conf'
    where.write_text(text)
    return str(where)


def test_without_files_there_are_the_defaults() -> None:
    conf = loading.load(find_files=False)
    assert conf.collector.collectors == ['nova']
    assert conf.nova.timeout == 60
    assert conf.notifications.exchanges == ['nova']


def test_files_are_read_and_the_later_wins(tmp_path: pathlib.Path) -> None:
    first = _file(tmp_path, '[collector]\nnova_period = 60\nperiod = 70\n')
    second = tmp_path / 'second.conf'
    second.write_text('[collector]\nnova_period = 80\n')
    conf = loading.load([first, str(second)])
    assert (conf.collector.nova_period, conf.collector.period) == (80, 70)


def test_overrides_go_before_files(tmp_path: pathlib.Path) -> None:
    path = _file(tmp_path, '[daemon]\nsocket = /tmp/file\n')
    conf = loading.load([path], {('daemon', 'socket'): '/tmp/override'})
    assert conf.daemon.socket == '/tmp/override'


def test_configurations_do_not_share_what_was_set_in_one() -> None:
    loading.load(
        overrides={('daemon', 'socket'): '/tmp/one'}, find_files=False
    )
    assert loading.load(find_files=False).daemon.socket != '/tmp/one'


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(exceptions.ConfigurationError, match='/no/such'):
        loading.load(['/no/such'])


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('[collector]\nnova_period = often\n', 'nova_period'),
        ('[collector]\nnova_period = 1\n', 'nova_period'),
        ('[collector]\ndeletion_share = 2\n', 'deletion_share'),
        ('[collector]\nnova_page_size = 0\n', 'nova_page_size'),
        ('[collector]\nrefresh_threads = 0\n', 'refresh_threads'),
        ('[notifications]\nheartbeat_period = -1\n', 'heartbeat_period'),
        ('[nova]\ntimeout = soon\n', 'timeout'),
        ('not an option', 'cdm-graph.conf'),
        ('[collector\n', 'cdm-graph.conf'),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file(
    tmp_path: pathlib.Path, text: str, words: str
) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(exceptions.ConfigurationError) as caught:
        loading.load([path])
    assert words in str(caught.value)
    assert path in str(caught.value)
    assert 'LocationInfo' not in str(caught.value)


def test_an_override_that_cannot_be_used_is_an_error_too() -> None:
    with pytest.raises(exceptions.ConfigurationError):
        loading.load(overrides={('collector', 'no_such'): 1}, find_files=False)


def test_a_file_that_is_no_text_is_an_error(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'cdm-graph.conf'
    path.write_bytes(b'\xff\xfe\x00')
    with pytest.raises(exceptions.ConfigurationError):
        loading.load([str(path)])


def test_credentials_are_put_where_keystoneauth_reads_them() -> None:
    conf = loading.with_credentials(
        loading.load(find_files=False),
        'http://127.0.0.1/identity',
        {'username': 'admin', 'user-domain-name': 'Default'},
    )
    assert conf.nova.auth_url == 'http://127.0.0.1/identity'
    assert conf.nova.user_domain_name == 'Default'


def test_a_plugin_registers_its_options_after_the_files_were_read(
    tmp_path: pathlib.Path,
) -> None:
    conf = loading.load([_file(tmp_path, '[other]\nnumber = 8\n')])
    loading.register(conf, _GROUP, _OPTIONS)
    assert conf.other.number == 8
    conf.set_override('number', 9, group='other')
    # The next collector of its, or the next test, does so again.
    loading.register(conf, _GROUP, _OPTIONS)
    assert conf.other.number == 9
    another = loading.load(find_files=False)
    loading.register(another, _GROUP, _OPTIONS)
    assert another.other.number == 7


@pytest.mark.parametrize('value', ['many', '0'])
def test_a_wrong_value_of_a_plugin_is_named_with_its_file(
    tmp_path: pathlib.Path, value: str
) -> None:
    path = _file(tmp_path, f'[other]\nnumber = {value}\n')
    conf = loading.load([path])
    with pytest.raises(exceptions.ConfigurationError) as caught:
        loading.register(conf, _GROUP, _OPTIONS)
    assert 'number' in str(caught.value)
    assert path in str(caught.value)

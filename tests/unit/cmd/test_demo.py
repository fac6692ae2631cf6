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

"""The demo's question, with a store in memory as the engine."""

import pathlib
import typing

from oslo_messaging._drivers import impl_fake
import pytest

from cdm_graph.cmd import demo
from cdm_graph.model import answer
from cdm_graph.store import stores
from tests.support import store as memory
from tests.unit.cmd import commands

_SMALL: typing.Final = (
    *('--hosts', '3', '--instances', '6', '--seed', '4'),
    *('--seconds', '0.3', '--rate', '10'),
)


def test_a_question_is_asked_once_nothing_happens_any_more(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = memory.MemoryStore(
        'RegionOne', answers={'MATCH': answer.Answer(('a',), (('found',),))}
    )
    opened = []

    def open_store(conf: typing.Any) -> memory.MemoryStore:
        opened.append(conf.store.name)
        return store

    monkeypatch.setattr(stores, 'open_store', open_store)
    code = commands.run(
        demo.Demo,
        tmp_path,
        *(*_SMALL, '--output', str(tmp_path)),
        *('--query', 'MATCH', '-p', 'x=3'),
    )
    told = capsys.readouterr()
    assert code == 0, told.err
    assert told.out.endswith('\n\na\nfound\n')
    assert opened == ['embedded']
    assert store.asked[0][1] == {'x': 3}
    assert len(memory.model_of(store)['Instance']) > 0
    assert store.closed


def test_the_bus_keeps_nothing_that_was_read(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bus = impl_fake.FakeExchangeManager
    monkeypatch.setattr(bus, '_exchanges', {})
    # What is left would be forgotten when the demo ends.
    monkeypatch.setattr(bus, 'cleanup', lambda _: None)
    code = commands.run(
        demo.Demo, tmp_path, *_SMALL, '--output', str(tmp_path)
    )
    assert code == 0, capsys.readouterr().err
    exchanges = bus._exchanges.values()
    assert exchanges
    queues = [
        (topic, waiting)
        for exchange in exchanges
        for (topic, _), waiting in exchange._topic_queues.items()
        if waiting
    ]
    assert queues == []


def test_a_parameter_without_a_name_is_told_before_anything_begins(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = commands.run(
        demo.Demo,
        tmp_path,
        *(*_SMALL, '--output', str(tmp_path), '-p', 'x'),
    )
    told = capsys.readouterr()
    assert code == 2
    assert 'NAME=VALUE' in told.err
    assert 'begins' not in told.err

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

import typing

import pytest

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification.nova import events
from cdm_graph.notification.nova import legacy
from tests.support import elements
from tests.support import nova
from tests.support import recordings

_AUTHORITY = events.Authority
_KIND = schema.Kind
_OUTCOME = mutation.Outcome
_UUID: typing.Final = elements.uuid(3)
_KEY: typing.Final = schema.ElementKey(_KIND.INSTANCE, _UUID)
_EVERY_NODE: typing.Final = schema.ElementKey(_KIND.COMPUTE_NODE, schema.EVERY)

Message = dict[str, typing.Any]


def _tell(message: Message) -> mutation.Verdict:
    """Return what a message does to a model that knows the instance."""
    model = live_model.LiveModel([elements.node(1), elements.instance(3)])
    handler = nova.new_handler()
    (verdict,) = model.apply([handler.handle(recordings.envelope(message))])
    return verdict


@pytest.mark.parametrize('name', sorted(events.LEGACY))
def test_each_type_has_a_class(name: str) -> None:
    cls = legacy.CLASSES[name]
    assert cls.event_type is events.LEGACY[name]
    assert cls.__doc__


def test_classes_have_names_of_their_own() -> None:
    names = {cls.__name__ for cls in legacy.CLASSES.values()}
    assert len(names) == len(events.LEGACY) == 117


@pytest.mark.parametrize(
    'name',
    sorted(name for name in events.LEGACY if name.startswith('compute.inst')),
)
def test_every_event_of_a_server_has_it_read_or_means_nothing(
    name: str,
) -> None:
    verdict = _tell(_legacy(name, instance_id=_UUID))
    match events.LEGACY[name].authority:
        case _AUTHORITY.NOTHING:
            assert verdict.outcome is _OUTCOME.IGNORED
        case _AUTHORITY.DELETION:
            assert verdict.outcome is _OUTCOME.APPLIED
        case _:
            assert verdict.reread == verdict.settling == (_KEY,)


def test_an_unknown_event_of_a_server_has_it_read() -> None:
    verdict = _tell(_legacy('compute.instance.sing', instance_id=_UUID))
    assert verdict.reread == (_KEY,)
    assert _tell(_legacy('network.sing')).outcome is _OUTCOME.IGNORED


def _legacy(event_type: str, **payload: typing.Any) -> Message:
    return {
        'priority': 'info',
        'publisher_id': 'compute.host-1',
        'event_type': event_type,
        'timestamp': '2026-11-22 16:14:50.973032',
        'payload': payload,
    }


@pytest.mark.parametrize(
    ('message', 'outcome', 'reread', 'settling'),
    [
        (
            _legacy('compute.instance.power_off.end', instance_id=_UUID),
            _OUTCOME.DEFERRED,
            (_KEY,),
            (_KEY,),
        ),
        (
            _legacy('compute.instance.delete.end', instance_id=_UUID),
            _OUTCOME.APPLIED,
            (),
            (),
        ),
        (
            _legacy('aggregate.addhost.end', aggregate_id='1'),
            _OUTCOME.DEFERRED,
            (schema.ElementKey(_KIND.HOST_AGGREGATE, schema.EVERY),),
            (),
        ),
        (_legacy('aggregate.addhost.start'), _OUTCOME.IGNORED, (), ()),
        (
            _legacy('servergroup.addmember', server_group_id=_UUID),
            _OUTCOME.DEFERRED,
            (schema.ElementKey(_KIND.SERVER_GROUP, _UUID),),
            (),
        ),
        (
            _legacy('compute_task.migrate_server', instance_id=_UUID),
            _OUTCOME.DEFERRED,
            (_KEY,),
            (),
        ),
        (
            _legacy(
                'compute_task.rebuild_server',
                instance_properties={'uuid': _UUID},
            ),
            _OUTCOME.DEFERRED,
            (_KEY,),
            (),
        ),
        (
            _legacy('compute_task.build_instances', instance_id=None),
            _OUTCOME.IGNORED,
            (),
            (),
        ),
        (
            _legacy('HostAPI.set_enabled.end', host_name='host-1'),
            _OUTCOME.DEFERRED,
            (_EVERY_NODE,),
            (),
        ),
        (
            _legacy('scheduler.select_destinations.end'),
            _OUTCOME.IGNORED,
            (),
            (),
        ),
        (
            _legacy('compute.instance.power_off.end', instance_id=None),
            _OUTCOME.FAILED,
            (),
            (),
        ),
    ],
)
def test_the_legacy_format_only_makes_things_to_be_read(
    message: Message,
    outcome: mutation.Outcome,
    reread: tuple[schema.ElementKey, ...],
    settling: tuple[schema.ElementKey, ...],
) -> None:
    verdict = _tell(message)
    assert (verdict.outcome, verdict.reread, verdict.settling) == (
        outcome,
        reread,
        settling,
    )

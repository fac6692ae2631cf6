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

"""What all tests share: a clock to move, and how long Hypothesis searches."""

import collections.abc
import typing

import hypothesis
import pytest

from tests.support import clock as clocks

hypothesis.settings.register_profile(
    'quick',
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.load_profile('quick')


@pytest.fixture
def clock() -> clocks.FakeClock:
    return clocks.FakeClock()


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> collections.abc.Generator[
    None, typing.Any, typing.Any
]:
    # What was logged of hostile messages has lone surrogates, which are in no
    # UTF-8; a process that runs a part of the tests could not tell of it.
    return _encodable((yield))


def _encodable(value: typing.Any) -> typing.Any:
    if isinstance(value, str):
        return value.encode(errors='backslashreplace').decode()
    if isinstance(value, dict):
        return {key: _encodable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_encodable, value))
    return value

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

import pytest

from cdm_graph import exceptions
from cdm_graph.export import formats
from tests.unit.export import models


@pytest.mark.parametrize(
    ('name', 'beginning'),
    [
        ('graphml', '<?xml'),
        ('json', '{"directed"'),
        ('jsonl', '{"directed"'),
    ],
)
def test_formats_are_known_by_name(name: str, beginning: str) -> None:
    text = ''.join(formats.chunks(name, models.ordinary()))
    assert text.startswith(beginning)


@pytest.mark.parametrize('name', formats.FORMATS)
def test_lines_are_about_as_many_as_is_said(name: str) -> None:
    model = models.ordinary()
    text = ''.join(formats.chunks(name, model))
    # Around them are the lines of the keys, and those of the document.
    elements = formats.count_lines(model)
    around = text.count('<key') + 8
    assert elements <= text.count('\n') <= elements + around


def test_an_unknown_format_is_told_with_those_there_are() -> None:
    with pytest.raises(
        exceptions.ExportError, match=r"'dot'.*graphml, json, jsonl"
    ):
        formats.chunks('dot', models.ordinary())

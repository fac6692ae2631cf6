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

import re

import pytest

from cdm_graph.model import schema
from cdm_graph.store import statements


def test_a_statement_has_no_comments_and_the_names_in_their_places() -> None:
    text = statements.statement('mirror/put', kind=schema.Kind.INSTANCE)
    assert '//' not in text
    assert 'MERGE (element:Instance {region: $region' in text


@pytest.mark.parametrize('folder', ['mirror', 'schema', 'queries'])
def test_a_folder_is_listed_by_name(folder: str) -> None:
    paths = list(statements.in_folder(folder))
    names = [f'{path}.cypher' for path in paths]
    assert names
    assert names == sorted(names)
    for path in paths:
        assert path.startswith(f'{folder}/')
        assert not path.endswith('.cypher')
        assert statements.statement(path).strip()


def test_no_place_is_left_once_all_names_are_given() -> None:
    names = {
        'kind': schema.Kind.INSTANCE.value,
        'source': schema.Kind.INSTANCE.value,
        'relation': schema.Relation.HOSTED_ON.value,
        'target': schema.Kind.COMPUTE_NODE.value,
    }
    for folder in ('mirror', 'schema'):
        for path in statements.in_folder(folder):
            text = statements.statement(path, **names)
            assert not re.search(r'<[a-z]+>', text), path


def test_what_is_of_a_region_never_leaves_it() -> None:
    for path in statements.in_folder('mirror'):
        if path.endswith('-schema'):
            continue
        text = statements.statement(path)
        assert re.search(r'region(: | = )\$region', text), path


def test_a_statement_that_there_is_not_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        statements.statement('mirror/nonsense')

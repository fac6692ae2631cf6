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

import importlib.metadata
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / '_ext'))

project = 'cdm-graph'
author = 'The cdm-graph developers'
copyright = '2026, The cdm-graph developers'
version = release = importlib.metadata.version('cdm-graph')

extensions = [
    'api_reference',
    'cliff.sphinxext',
    'dependency_table',
    'event_reference',
    'metric_reference',
    'model_reference',
    'openstackdocstheme',
    'oslo_config.sphinxext',
    'question_reference',
    'reno.sphinxext',
    'sphinx.ext.autodoc',
    'sphinx.ext.doctest',
]
exclude_patterns = ['_ext']

autodoc_member_order = 'bysource'
autodoc_typehints = 'signature'
autoprogram_cliff_application = 'cdm-graph'
autoprogram_cliff_ignored = ['--help', '-h']

man_pages = [
    (
        'reference/commands',
        'cdm-graph',
        'a live, queryable graph of an OpenStack cloud',
        author,
        1,
    )
]

html_theme = 'openstackdocs'
html_theme_options = {
    # Readers are not counted, and this is no project of docs.openstack.org.
    'analytics_tracking_code': '',
    'display_badge': False,
    'root_title': project,
    'sidebar_dropdown': '',
}
pygments_style = 'native'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_bug_project = ''
openstackdocs_repo_name = ''

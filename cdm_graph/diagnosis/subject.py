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

"""Subject: a service that is examined, in the words of what is said of it."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A service, and where what it may lack is set.

    All but its name and the group of its options is empty for a service that
    nobody here knows more of than that.

    :param thing: what its first list is of, such as volume
    :param oldest: the oldest microversion that will do
    :param upgrade: what to do about one that is too old
    :param limit: where its own limit of rows is set: the file and the option
    :param rights: what to do where it refuses or hides something
    :param without: what the model lacks where rows have no such attributes
    :param attributes: where it is set who sees them
    """

    name: str
    group: str
    thing: str = ''
    oldest: str = ''
    upgrade: str = ''
    limit: str = ''
    rights: tuple[str, ...] = ()
    without: str = ''
    attributes: str = ''

    @property
    def credentials(self) -> tuple[str, ...]:
        """What to look at where it does not let us in."""
        shared = (
            ''
            if self.group == 'nova'
            else ', or [nova] where that has no auth_type'
        )
        return (
            f'cdm-graph.conf: [{self.group}]{shared}: auth_url, username, '
            'password, project_name, user_domain_name, project_domain_name '
            'and region_name',
        )

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

"""What the policy lets somebody do, by oslo.policy.

The defaults below are those of OpenStack's services: an administrator may do
everything, a reader of the system sees the whole cloud, and a reader of a
project sees that project.  An operator's ``policy.yaml`` may say otherwise; it
is read anew when it changes.
"""

import collections.abc
import threading
import typing

from oslo_config import cfg
from oslo_context import context as contexts
from oslo_log import log
from oslo_policy import opts
from oslo_policy import policy

from cdm_graph import exceptions
from cdm_graph.api import access
from cdm_graph.model import scope as scopes

LOG = log.getLogger(__name__)

_Operations = tuple[tuple[str, str], ...]
_ADMIN: typing.Final = 'role:admin'
_WHOLE_CLOUD: typing.Final = 'role:admin or (role:reader and system_scope:all)'
_READING: typing.Final = tuple(
    ('GET', path)
    for path in (
        *('/elements', '/elements/{called}', '/graph', '/map', '/export'),
        *('/history', '/differences', '/changes', '/freshness'),
    )
)
_RULES: typing.Final[tuple[tuple[access.Rule, str, str, _Operations], ...]] = (
    (
        access.Rule.READ,
        _WHOLE_CLOUD,
        'Read the whole cloud.',
        _READING,
    ),
    (
        access.Rule.READ_PROJECT,
        'role:reader and project_id:%(project_id)s',
        'Read what is of the project of the token: servers and server '
        'groups, not where they run. Who may read the whole cloud reads '
        'that instead.',
        _READING,
    ),
    (
        access.Rule.STATUS,
        f'rule:{access.Rule.READ}',
        'Read how the daemon does: counters, lags, errors.',
        (('GET', '/status'), ('GET', '/drift'), ('GET', '/metrics')),
    ),
    (
        access.Rule.QUERY,
        f'rule:{access.Rule.READ}',
        'Ask in Cypher, which sees the whole cloud.',
        (('POST', '/query'),),
    ),
    (
        access.Rule.REFRESH,
        _ADMIN,
        'Have elements read from the cloud.',
        (('POST', '/refresh'),),
    ),
    (
        access.Rule.SYNCHRONIZE,
        _ADMIN,
        'Have the whole cloud read.',
        (('POST', '/synchronize'),),
    ),
)


class Policy:
    """Tells what somebody may do; thread-safe.

    :param conf: has the options of oslo.policy in ``[oslo_policy]``
    :raises cdm_graph.exceptions.ConfigurationError: if the policy file
        cannot be used
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        opts.set_defaults(conf)
        self._enforcer = policy.Enforcer(conf)
        self._enforcer.register_defaults(list_rules())
        # It reads its file anew amid an answer.
        self._lock = threading.Lock()
        try:
            self._enforcer.load_rules()
            self._enforcer.check_rules(raise_on_violation=True)
        except Exception as error:  # a strange file has it raise anything
            raise exceptions.ConfigurationError(
                f'[oslo_policy] policy_file cannot be used: {error}'
            ) from error

    def admit(self, context: contexts.RequestContext) -> access.Access:
        """Return what somebody may do.

        :raises cdm_graph.exceptions.PolicyUnusable: if the policy file was
            changed, and cannot be used any more
        """
        target = {'project_id': context.project_id}
        try:
            with self._lock:
                rules = frozenset(
                    rule
                    for rule in access.Rule
                    if self._enforcer.authorize(rule.value, target, context)
                )
        except Exception as error:  # as above
            LOG.error('The policy file cannot be used: %s', error)
            raise exceptions.PolicyUnusable(
                'The policy of this daemon cannot be used; its log tells why.'
            ) from error
        return access.Access(rules, _scope(rules, context.project_id))


def list_rules() -> collections.abc.Sequence[policy.DocumentedRuleDefault]:
    """Return all rules, for the daemon and for the sample file."""
    return [
        policy.DocumentedRuleDefault(
            name=rule.value,
            check_str=check,
            description=description,
            operations=[
                {'method': method, 'path': path} for method, path in operations
            ],
            scope_types=['system', 'project'],
        )
        for rule, check, description, operations in _RULES
    ]


def _scope(
    rules: frozenset[access.Rule], project_id: str | None
) -> scopes.Scope | None:
    if access.Rule.READ in rules:
        return scopes.WholeCloud()
    if access.Rule.READ_PROJECT in rules and project_id:
        return scopes.ProjectScope(project_id)
    return None

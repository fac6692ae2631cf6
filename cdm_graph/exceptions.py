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

"""Every error that this package raises on purpose.

::

    CdmGraphError
    ├── ConfigurationError         an option's value cannot be used
    ├── InvalidRequest             a request over HTTP asks for nonsense
    │   └── RequestTooLarge        its body is too large
    ├── RequestRefused
    │   ├── TokenInvalid           a request has no token that is valid
    │   ├── IdentityUnavailable    Keystone cannot tell whether it is
    │   ├── PolicyForbids          the policy does not allow that to it
    │   └── PolicyUnusable         the policy file became wrong
    ├── ModelError
    │   ├── ElementNotFound        no such element in the model
    │   ├── NameUnknown            nothing in the model is called so
    │   ├── NameAmbiguous          several elements are called so
    │   ├── InvalidMutation        a mutation would break the model
    │   ├── ReadOnlySnapshot       a write into a read-only snapshot
    │   └── NotReady               the model has not been filled yet
    ├── CollectorError
    │   ├── CloudUnavailable       the cloud's API cannot be reached, or fails
    │   ├── AccessDenied           the cloud refuses the credentials or rights
    │   ├── UnsupportedCloud       the cloud's API is too old
    │   ├── CloudAnswerInvalid     the cloud's API answered something odd
    │   ├── CollectorNotFound      no collector has that name
    │   ├── CollectorUnusable      a collector is installed, and broken
    │   └── MassDeletionRefused    a synchronize would delete too much
    ├── NotificationError
    │   └── MalformedNotification  a notification that cannot be understood
    ├── StoreError
    │   ├── StoreUnavailable       the database cannot be reached, or not now
    │   ├── StoreAccessDenied      the database refuses the credentials
    │   ├── StoreUnsupported       the database, or what is in it, is not known
    │   ├── StoreOverloaded        a batch is too large for the database
    │   ├── StoreRefused           something can never be written
    │   ├── QuestionNotFound       no curated question has that name
    │   ├── QueryInvalid           a query is wrong, or would write
    │   └── QueryTooSlow           a query takes longer than it may
    ├── HistoryError
    │   ├── HistoryUnavailable     the file of the history cannot be used
    │   └── HistoryTooShort        what happened then is not known
    ├── ExportError                the model could not be written out
    ├── DaemonError
    │   ├── DaemonUnreachable      nothing answers on the daemon's socket
    │   └── DaemonAlreadyRunning   another daemon has the socket
    └── SimulationError            the simulated cloud was asked for nonsense

A message says what was wrong, where, and what to do about it.
"""


class CdmGraphError(Exception):
    """Base of all errors of cdm-graph."""


class ConfigurationError(CdmGraphError):
    """An option's value cannot be used; the message names the option."""


class InvalidRequest(CdmGraphError):
    """What is asked for makes no sense."""


class RequestTooLarge(InvalidRequest):
    """What is asked for is larger than it can sensibly be."""


class RequestRefused(CdmGraphError):
    """Whoever asks may not, or nobody can tell whether they may."""


class TokenInvalid(RequestRefused):
    """A request has no token, or one that is not valid."""


class IdentityUnavailable(RequestRefused):
    """Keystone cannot tell whether a token is valid."""


class PolicyForbids(RequestRefused):
    """The roles and the scope of a token do not allow something."""


class PolicyUnusable(RequestRefused):
    """The policy file was changed, and cannot be used any more."""


class ModelError(CdmGraphError):
    """Base of the errors of the model."""


class ElementNotFound(ModelError):
    """No such element is in the model."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f'The model has no {kind} {key!r}.')
        self.kind = kind
        self.key = key


class NameUnknown(ModelError):
    """Nothing in the model is called so."""


class NameAmbiguous(ModelError):
    """Several elements are called so."""


class InvalidDeclaration(ModelError):
    """A kind of element cannot be as it is declared."""


class InvalidMutation(ModelError):
    """A mutation would break the model, and was not applied."""


class ReadOnlySnapshot(ModelError, TypeError):
    """Somebody tried to write into a read-only snapshot."""

    def __init__(self) -> None:
        super().__init__(
            'This snapshot is read-only, and shared by all who read it. Take '
            'a writable one with snapshot(), or make one of this one with '
            'fork(); a graph of its own is what graph.copy() returns.'
        )


class NotReady(ModelError):
    """The model has not been filled for the first time yet."""


class CollectorError(CdmGraphError):
    """Base of the errors of fetching from a cloud."""


class CloudUnavailable(CollectorError):
    """The cloud's API cannot be reached, or answers with a server error."""


class ElementUnobservable(CollectorError):
    """The cloud answers, but cannot tell anything of an element now."""


class AccessDenied(CollectorError):
    """The cloud refuses the credentials, or what they may see."""


class UnsupportedCloud(CollectorError):
    """The cloud's API is too old for what is needed."""


class CloudAnswerInvalid(CollectorError):
    """The cloud's API answered with something that cannot be understood."""


class CollectorNotFound(CollectorError):
    """No collector has that name."""


class CollectorUnusable(CollectorError):
    """A collector is installed, but its own code does not work."""


class MassDeletionRefused(CollectorError):
    """A synchronize would have deleted more than the configured share."""


class NotificationError(CdmGraphError):
    """Base of the errors of notifications."""


class MalformedNotification(NotificationError):
    """A notification that cannot be understood."""


class StoreError(CdmGraphError):
    """Base of the errors of graph databases and of queries."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, or not now."""


class StoreAccessDenied(StoreError):
    """The database refuses the credentials."""


class StoreUnsupported(StoreError):
    """The database is too old, or a newer release has written to it."""


class StoreOverloaded(StoreError):
    """A batch is too large for the database's memory."""


class StoreRefused(StoreError):
    """The database refuses something, and will whenever it is tried."""


class QuestionNotFound(StoreError):
    """No curated question has that name."""


class QueryInvalid(StoreError):
    """A query is wrong, or would write; the message shows where."""


class QueryTooSlow(StoreError):
    """A query took longer than it may, and was ended."""


class HistoryError(CdmGraphError):
    """Base of the errors of what is remembered of changes."""


class HistoryUnavailable(HistoryError):
    """The file that keeps the history cannot be used, or not now."""


class HistoryTooShort(HistoryError):
    """What happened then is not known, or not any more."""


class ExportError(CdmGraphError):
    """The model could not be written out."""


class DaemonError(CdmGraphError):
    """Base of the errors of the daemon and of talking to it."""


class DaemonUnreachable(DaemonError):
    """Nothing answers on the daemon's socket."""


class DaemonAlreadyRunning(DaemonError):
    """Another daemon serves on the socket."""


class SimulationError(CdmGraphError):
    """The simulated cloud was asked for something that it cannot do."""

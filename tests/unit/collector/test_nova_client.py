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

"""Nova's client against a simulated Nova, over HTTP."""

import collections.abc
import contextlib
import datetime
import http.server
import threading
import typing

from keystoneauth1 import session as keystone_session
from keystoneauth1 import token_endpoint
import pytest

from cdm_graph import exceptions
from cdm_graph.collector import nova_client
from cdm_graph.collector import rest_client
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import operations
from cdm_graph.simulation import records
from tests.support import clock as clocks
from tests.support import nova

Row = dict[str, typing.Any]
_Make = collections.abc.Callable[..., typing.Any]


def _ids(rows: collections.abc.Iterable[Row]) -> list[str]:
    return [str(row['id']) for row in rows]


# -- lists are whole ---


@pytest.mark.parametrize(
    ('page_size', 'max_limit'), [(1000, 1000), (1000, 4), (4, 1000), (1, 3)]
)
def test_lists_are_whole_whatever_the_page(
    serve: _Make,
    connect: _Make,
    cloud: cloud_module.SimulatedCloud,
    page_size: int,
    max_limit: int,
) -> None:
    client = connect(serve(max_limit=max_limit), page_size=page_size)
    servers = _ids(client.servers())
    assert sorted(servers) == sorted(row.uuid for row in cloud.servers)
    hypervisors = _ids(client.hypervisors())
    assert hypervisors == [node.uuid for node in cloud.nodes.values()]
    assert len(_ids(client.flavors())) == len(cloud.flavors)
    groups = [row['id'] for row in client.server_groups()]
    assert sorted(groups) == sorted(cloud.groups)
    assert len(client.aggregates()) == len(cloud.aggregates)
    assert len(client.compute_services()) == len(cloud.nodes)
    zones = {row['zoneName'] for row in client.availability_zones()}
    assert {cloud.zone_of(host) for host in cloud.nodes} <= zones


def test_soft_deleted_servers_are_listed(
    serve: _Make,
    connect: _Make,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    row = next(row for row in cloud.servers if row.vm_state == 'active')
    does = operations.Operations(cloud)
    nova.run(clock, does.soft_delete_server(row.uuid))
    client = connect(serve(), page_size=5)
    assert row.uuid in _ids(client.servers())
    assert client.server(row.uuid)['OS-EXT-STS:vm_state'] == 'soft-delete'


def test_private_flavors_and_capacity_are_listed(
    serve: _Make,
    connect: _Make,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    does = operations.Operations(cloud)
    nova.run(clock, does.create_flavor('secret', is_public=False))
    client = connect(serve())
    assert 'secret' in {row['name'] for row in client.flavors()}
    # From 2.88 on Nova would not tell it.
    assert all('vcpus' in row for row in client.hypervisors())


def test_a_server_that_goes_while_it_is_the_marker_is_harmless(
    serve: _Make,
    connect: _Make,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    """Race 14."""
    client = connect(serve(), page_size=5)
    rows = client.servers()
    seen = [next(rows)['id'] for _ in range(5)]
    does = operations.Operations(cloud)
    nova.run(clock, does.delete_server(seen[-1]))
    seen.extend(_ids(rows))
    assert {row.uuid for row in cloud.servers} <= set(seen)
    assert len(seen) == len(set(seen))


def test_a_list_whose_marker_is_gone_begins_anew(
    serve: _Make,
    connect: _Make,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    """Race 14: the row was purged, so it marks nothing any more."""
    client = connect(serve(), page_size=5)
    rows = client.servers()
    seen = [next(rows)['id'] for _ in range(5)]
    does = operations.Operations(cloud)
    nova.run(clock, does.delete_server(seen[-1]))
    clock.advance(10)
    assert cloud.archive_deleted(1) == 1
    seen.extend(_ids(rows))
    assert {row.uuid for row in cloud.servers} <= set(seen)


def test_a_list_does_not_begin_anew_for_ever(
    serve: _Make, connect: _Make
) -> None:
    class _Forgetful(nova_client.NovaClient):
        """Nova never knows the marker."""

        def _list(
            self, path: str, name: str, version: str | None = None
        ) -> list[Row]:
            if 'marker' in path:
                path = path.replace('marker=', 'marker=no-')
            return super()._list(path, name, version)

    client = connect(serve(), page_size=5)
    client.__class__ = _Forgetful
    with pytest.raises(exceptions.CloudAnswerInvalid, match='lost its place'):
        list(client.servers())


# -- one row ---


def test_one_server_is_as_in_the_list(serve: _Make, connect: _Make) -> None:
    client = connect(serve())
    listed = next(iter(client.servers()))
    shown = client.server(listed['id'])
    assert shown | listed == shown
    assert client.microversion == '2.96'


@pytest.mark.parametrize('uuid', ['no-such', 'a?b'])
def test_what_is_not_there_is_not_found(
    serve: _Make, connect: _Make, uuid: str
) -> None:
    client = connect(serve())
    with pytest.raises(rest_client.RowNotFound):
        client.server(uuid)
    with pytest.raises(rest_client.RowNotFound):
        client.server_group(uuid)


@pytest.mark.parametrize('uuid', ['../os-services', 'a/b'])
def test_what_is_no_server_is_never_read_as_one(
    serve: _Make, connect: _Make, uuid: str
) -> None:
    client = connect(serve())
    with pytest.raises(exceptions.CloudAnswerInvalid, match='404'):
        client.server(uuid)


# -- what changed ---


def _moment(seconds: float) -> datetime.datetime:
    """Return a moment in a zone that is not Nova's."""
    return datetime.datetime.fromtimestamp(
        seconds, tz=datetime.timezone(datetime.timedelta(hours=-7))
    )


@pytest.mark.parametrize(
    ('seconds', 'expected'), [(0.0, True), (0.9, True), (1.0, False)]
)
def test_servers_that_changed_are_listed_from_that_second_on(
    serve: _Make,
    connect: _Make,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
    seconds: float,
    expected: bool,
) -> None:
    """Nova dates rows in whole seconds."""
    clock.advance(1000)
    row = next(row for row in cloud.servers if not row.locked)
    cloud.change_server(row.uuid, display_name='renamed')
    changed = clock.time()
    clock.advance(1000)
    client = connect(serve())
    rows = list(client.changed_servers(_moment(changed + seconds)))
    assert _ids(rows) == ([row.uuid] if expected else [])
    assert all(each['name'] == 'renamed' for each in rows)


def test_servers_that_were_deleted_have_changed(
    serve: _Make,
    connect: _Make,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    clock.advance(1000)
    since = clock.time()
    first, second, *_ = (r for r in cloud.servers if r.vm_state == 'active')
    does = operations.Operations(cloud)
    nova.run(clock, does.delete_server(first.uuid))
    nova.run(clock, does.soft_delete_server(second.uuid))
    client = connect(serve(), page_size=1)
    rows = client.changed_servers(_moment(since))
    statuses = {row['id']: row['status'] for row in rows}
    assert statuses == {first.uuid: 'DELETED', second.uuid: 'SOFT_DELETED'}


@pytest.mark.parametrize('page_size', [1, 2, 1000])
def test_moves_that_changed_are_listed(
    serve: _Make,
    connect: _Make,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
    page_size: int,
) -> None:
    does = operations.Operations(cloud)
    active = [row for row in cloud.servers if row.vm_state == 'active'][:4]
    nova.run(clock, does.live_migrate(active[0].uuid))
    clock.advance(1000)
    since = clock.time()
    for row in active[1:]:
        nova.run(clock, does.live_migrate(row.uuid))
    client = connect(serve(), page_size=page_size)
    rows = list(client.changed_migrations(_moment(since)))
    assert sorted(row['instance_uuid'] for row in rows) == sorted(
        row.uuid for row in active[1:]
    )
    assert {row['status'] for row in rows} == {'completed'}


# -- shares ---


@pytest.fixture
def sharing(
    cloud: cloud_module.SimulatedCloud, clock: clocks.FakeClock
) -> records.Server:
    """Return a server with a share."""
    row = next(row for row in cloud.servers if row.vm_state == 'active')
    does = operations.Operations(cloud)
    nova.run(clock, does.power_off(row.uuid))
    nova.run(clock, does.attach_share(row.uuid))
    return cloud.server(row.uuid)


def test_the_shares_of_a_server_are_told(
    serve: _Make,
    connect: _Make,
    cloud: cloud_module.SimulatedCloud,
    sharing: records.Server,
) -> None:
    client = connect(serve())
    (share,) = client.shares(sharing.uuid)
    assert share['share_id'] == sharing.shares[0].uuid
    other = next(row for row in cloud.servers if row.uuid != sharing.uuid)
    assert client.shares(other.uuid) == []
    with pytest.raises(rest_client.RowNotFound):
        client.shares('no-such')


@pytest.mark.parametrize(
    ('options', 'status'), [({'max_microversion': (2, 96)}, 406), ({}, 403)]
)
def test_a_nova_that_does_not_tell_of_shares_is_asked_once(
    serve: _Make,
    connect: _Make,
    sharing: records.Server,
    options: dict[str, typing.Any],
    status: int,
) -> None:
    api = serve(**options)
    client = connect(api)
    if status == 403:
        api.faults.fail('/shares', status)
    assert client.shares(sharing.uuid) is None
    assert client.shares(sharing.uuid) is None
    asked = {
        path: count
        for path, count in api.faults.requests.items()
        if path.endswith('/shares')
    }
    assert list(asked.values()) == [1]
    assert client.server(sharing.uuid)['id'] == sharing.uuid


def test_shares_that_cannot_be_told_now_are_asked_for_again(
    serve: _Make, connect: _Make, sharing: records.Server
) -> None:
    api = serve()
    client = connect(api)
    api.faults.fail('/shares', 503)
    with pytest.raises(exceptions.CloudUnavailable, match='/shares'):
        client.shares(sharing.uuid)
    assert len(client.shares(sharing.uuid)) == 1


# -- what can go wrong ---


@pytest.mark.parametrize('status', [500, 502, 503, 504, 429, 409, 413])
def test_a_failing_api_is_unavailable(
    serve: _Make, connect: _Make, status: int
) -> None:
    api = serve()
    client = connect(api)
    list(client.servers())
    api.faults.fail('/servers/detail', status, None)
    with pytest.raises(exceptions.CloudUnavailable, match='/servers/detail'):
        list(client.servers())
    api.faults.clear()
    assert len(_ids(client.servers())) == 23


def test_a_failure_of_a_later_page_is_a_failure_of_the_list(
    serve: _Make, connect: _Make
) -> None:
    """A page that goes on failing is given up."""
    api = serve()
    pauses: list[float] = []
    client = connect(api, page_size=5, pause=pauses.append)
    rows = client.servers()
    for _ in range(5):
        next(rows)
    api.faults.fail('/servers/detail', 500, None)
    with pytest.raises(exceptions.CloudUnavailable):
        next(rows)
    assert pauses == [0.5, 2.0, 5.0]


def test_a_page_in_the_middle_that_fails_is_asked_for_again(
    serve: _Make, connect: _Make, cloud: cloud_module.SimulatedCloud
) -> None:
    """A long list does not begin anew for it."""
    api = serve()
    pauses: list[float] = []
    client = connect(api, page_size=5, pause=pauses.append)
    rows = client.servers()
    seen = [next(rows)['id'] for _ in range(5)]
    api.faults.fail('/servers/detail', 503, 2)
    seen.append(next(rows)['id'])
    assert pauses == [0.5, 2.0]
    for _ in range(4):
        seen.append(next(rows)['id'])
    # Each page has its own patience.
    api.faults.fail('/servers/detail', 500, 2)
    seen.extend(_ids(rows))
    assert pauses == [0.5, 2.0] * 2
    assert sorted(seen) == sorted(row.uuid for row in cloud.servers)


def test_a_first_page_that_fails_is_not_waited_for(
    serve: _Make, connect: _Make
) -> None:
    """Whoever wants the list tries again."""
    api = serve()
    pauses: list[float] = []
    client = connect(api, page_size=5, pause=pauses.append)
    api.faults.fail('/servers/detail', 503)
    with pytest.raises(exceptions.CloudUnavailable):
        list(client.servers())
    assert pauses == []
    assert len(_ids(client.servers())) == 23


def test_a_page_that_is_refused_is_not_asked_for_again(
    serve: _Make, connect: _Make
) -> None:
    api = serve()
    pauses: list[float] = []
    client = connect(api, page_size=5, pause=pauses.append)
    rows = client.servers()
    for _ in range(5):
        next(rows)
    api.faults.fail('/servers/detail', 403)
    with pytest.raises(exceptions.AccessDenied):
        next(rows)
    assert pauses == []


def test_missing_rights_are_denied(serve: _Make, connect: _Make) -> None:
    api = serve()
    client = connect(api)
    api.faults.fail('/os-hypervisors', 403)
    with pytest.raises(exceptions.AccessDenied, match=r'\[nova\]'):
        list(client.hypervisors())


def test_a_wrong_password_is_denied_and_not_shown(
    serve: _Make, connect: _Make
) -> None:
    client = connect(serve(), password='swordfish')
    with pytest.raises(exceptions.AccessDenied) as caught:
        list(client.servers())
    assert 'swordfish' not in str(caught.value)


def test_a_token_that_expired_is_renewed(
    serve: _Make, connect: _Make, clock: clocks.FakeClock
) -> None:
    client = connect(serve(token_lifetime=60.0))
    list(client.servers())
    clock.advance(120)
    assert len(_ids(client.servers())) == 23


def test_an_api_that_is_too_old_is_said_to_be(
    serve: _Make, connect: _Make
) -> None:
    client = connect(serve(max_microversion=(2, 68)))
    with pytest.raises(exceptions.UnsupportedCloud, match=r'2\.68.*2\.69'):
        list(client.servers())


def test_the_oldest_api_that_will_do(serve: _Make, connect: _Make) -> None:
    client = connect(serve(max_microversion=(2, 69)))
    assert len(_ids(client.servers())) == 23
    assert client.microversion == '2.69'
    assert all('vcpus' in row for row in client.hypervisors())


def test_servers_of_a_cell_that_is_down_are_not_listed(
    serve: _Make, connect: _Make, cloud: cloud_module.SimulatedCloud
) -> None:
    """Race 14."""
    api = serve()
    client = connect(api)
    host = next(iter(cloud.nodes))
    api.faults.cell_down([host])
    hidden = {row.uuid for row in cloud.servers.on_host(host)}
    listed = {row['id'] for row in client.servers()}
    assert listed == {row.uuid for row in cloud.servers} - hidden
    assert client.server(min(hidden))['status'] == 'UNKNOWN'
    with pytest.raises(
        exceptions.CloudUnavailable, match='Unexpected API Error'
    ):
        list(client.hypervisors())


def test_an_api_that_is_not_there_is_unavailable(
    serve: _Make, connect: _Make
) -> None:
    api = serve()
    client = connect(api)
    api.stop()
    with pytest.raises(exceptions.CloudUnavailable):
        list(client.servers())


@contextlib.contextmanager
def _answering(
    status: int, kind: str, body: bytes, missing: int = 0
) -> collections.abc.Iterator[nova_client.NovaClient]:
    """Serve the same answer to everything; yield a client of it.

    :param missing: bytes that are announced, but do not come
    """

    class _Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer, told, size = body, kind, len(body) + missing
            if self.path == '/v2.1/':
                answer, told, size = _VERSION, _JSON, len(_VERSION)
            self.send_response(200 if answer is _VERSION else status)
            self.send_header('Content-Type', told)
            self.send_header('Content-Length', str(size))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f'http://127.0.0.1:{server.server_port}/v2.1/'
    try:
        yield nova_client.NovaClient(
            keystone_session.Session(
                auth=token_endpoint.Token(url, 'a-token')
            ),
            adapter_options={},
            page_size=10,
            url=url,
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_JSON: typing.Final = 'application/json'
_VERSION: typing.Final = (
    b'{"version": {"id": "v2.1", "status": "CURRENT", "version": "2.96",'
    b' "min_version": "2.1", "links": []}}'
)
_PAGE: typing.Final = b'<html><body>Welcome to nginx!</body></html>'


@pytest.mark.parametrize(
    ('status', 'kind', 'body', 'expected'),
    [
        (200, 'text/html', _PAGE, exceptions.CloudAnswerInvalid),
        (200, 'application/json', _PAGE, exceptions.CloudAnswerInvalid),
        (200, 'application/json', b'', exceptions.CloudAnswerInvalid),
        (200, 'application/json', b'[1]', exceptions.CloudAnswerInvalid),
        (200, 'application/json', b'{}', exceptions.CloudAnswerInvalid),
        (
            200,
            'application/json',
            b'{"servers": 5}',
            exceptions.CloudAnswerInvalid,
        ),
        (
            200,
            'application/json',
            b'{"servers": ["x"]}',
            exceptions.CloudAnswerInvalid,
        ),
        (
            200,
            'application/json',
            b'{"servers": [null]}',
            exceptions.CloudAnswerInvalid,
        ),
        (404, 'text/html', _PAGE, exceptions.CloudAnswerInvalid),
        (
            404,
            'application/json',
            b'{"message": "no"}',
            exceptions.CloudAnswerInvalid,
        ),
        (200, 'application/json', b'\xff\xfe', exceptions.CollectorError),
        (502, 'text/html', _PAGE, exceptions.CloudUnavailable),
        (503, 'text/html', _PAGE, exceptions.CloudUnavailable),
        (400, 'text/html', _PAGE, exceptions.CloudAnswerInvalid),
        (401, 'text/html', _PAGE, exceptions.AccessDenied),
        (403, 'text/html', _PAGE, exceptions.AccessDenied),
        (300, 'text/html', _PAGE, exceptions.CollectorError),
    ],
)
def test_answers_that_are_not_novas_are_errors_of_this_package(
    status: int, kind: str, body: bytes, expected: type[Exception]
) -> None:
    with _answering(status, kind, body) as client:
        with pytest.raises(expected) as caught:
            list(client.servers())
        assert client._url in str(caught.value)
        with pytest.raises(exceptions.CollectorError) as caught:
            client.server('any')
        # Only Nova itself may say that a server is gone.
        assert not isinstance(caught.value, rest_client.RowNotFound)


def test_an_answer_that_breaks_off_is_none() -> None:
    with (
        _answering(200, _JSON, b'{"servers": []}', missing=1) as client,
        pytest.raises(exceptions.CloudUnavailable, match='did not answer'),
    ):
        list(client.servers())


class _Client(nova_client.NovaClient):
    """Nova is behind something that once answers by itself."""

    def __init__(self, *answers: tuple[int, typing.Any]) -> None:
        super().__init__(
            typing.cast(keystone_session.Session, None),
            adapter_options={},
            page_size=10,
            url='(none)',
        )
        self._answers = list(answers)

    def _ask(
        self, *_arguments: typing.Any, **_others: typing.Any
    ) -> tuple[int, typing.Any]:
        return self._answers.pop(0)


@pytest.mark.parametrize('status', [200, 404])
def test_what_is_not_nova_tells_nothing_of_shares(status: int) -> None:
    client = _Client(
        (status, None), (200, {'shares': [{'share_id': 'share-1'}]})
    )
    with pytest.raises(exceptions.CloudAnswerInvalid):
        client.shares('any')
    assert client.shares('any') == [{'share_id': 'share-1'}]

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

"""An address that HTTP is answered on, beside the Unix socket."""

import ipaddress
import socket
import typing
import urllib.parse

from cdm_graph import exceptions

_LOCALHOST: typing.Final = 'localhost'


class Address(typing.NamedTuple):
    """An address of this machine, and a port."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect to it."""
        return is_loopback(self.host)


def read(text: str) -> Address:
    """Return the address that a text names.

    :param text: an IP address or *localhost*, and a port
    :raises cdm_graph.exceptions.ConfigurationError: if it names none
    """
    try:
        parts = urllib.parse.urlsplit(f'//{text}')
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host == _LOCALHOST:
        host = '127.0.0.1'
    if host is None or port is None or not _is_ip(host):
        raise exceptions.ConfigurationError(
            f'[api] listen: {text!r} is no IP address with a port, such as '
            '127.0.0.1:8780 or [::]:8780.'
        )
    return Address(host, port)


def listen(address: Address) -> socket.socket:
    """Return a socket that listens.

    :raises cdm_graph.exceptions.ConfigurationError: if it is in use, or is
        not of this machine
    """
    family = socket.AF_INET6 if ':' in address.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise exceptions.ConfigurationError(
            f'[api] listen: nobody can listen on {address.host} port '
            f'{address.port}: {error.strerror or error}.'
        ) from error
    return listening


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its name or address."""
    return host == _LOCALHOST or (
        _is_ip(host) and ipaddress.ip_address(host).is_loopback
    )


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

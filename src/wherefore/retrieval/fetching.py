"""Fetch pictures from web addresses that a catalogue gives, and from nowhere else than public servers.

A catalogue is data from elsewhere: an address in it must not make this machine ask its own network for something
(server-side request forgery). A host's name is looked up once, every address that it has must be public, and the
connection goes to just that address; each redirect is checked anew. Proxies of the environment are not used, as they
would look the name up again.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from urllib.parse import urljoin, urlsplit

from wherefore.catalog.picture_files import PictureError

_PORTS = (80, 443)
_REDIRECTS = 3
_PIECE = 1 << 16
_TRANSLATED = (
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("64:ff9b:1::/48"),
)  # hold IPv4 addresses


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    >>> [is_public(one) for one in ("8.8.8.8", "127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1")]
    [True, False, False, False, False, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if any(ip in network for network in _TRANSLATED):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Fetcher:
    """Fetches files within limits of size, time and number.

    Args:
        max_bytes: Of one.
        timeout: Seconds for one, redirects included.
        most: So many are fetched, no more.
        allowed: Whether an IP address may be connected to.
        ports: That may be connected to; empty: any.
        addresses: Looks a host up.
    """

    def __init__(
        self,
        max_bytes: int,
        timeout: float,
        most: int,
        allowed: Callable[[str], bool] = is_public,
        ports: Sequence[int] = _PORTS,
        addresses: Callable[[str, int], Sequence[str]] = _addresses,
    ) -> None:
        self.max_bytes, self.timeout, self.most = max_bytes, timeout, most
        self._allowed, self._ports, self._addresses = allowed, tuple(ports), addresses
        self.fetched = 0

    def fetch(self, address: str) -> bytes:
        """What is at an address.

        Raises:
            PictureError: If it may not be fetched, or cannot; the message is the reason.
        """
        if self.fetched >= self.most:
            raise PictureError(
                f"{self.most:,} pictures have been fetched, which is as many as `images.max_fetched` allows"
            )
        self.fetched += 1
        end = time.monotonic() + self.timeout
        try:
            for _ in range(_REDIRECTS + 1):
                found = self._once(address, end)
                if isinstance(found, bytes):
                    return found
                address = urljoin(address, found)
        except PictureError:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= end:
                raise PictureError(f"its server took more than {self.timeout:g} seconds") from error
            raise PictureError("its server could not be reached, or did not answer as it should") from error
        raise PictureError("its server redirects too often")

    def _once(self, address: str, end: float) -> bytes | str:
        """What is at an address, or the address that it redirects to."""
        parts = urlsplit(address)
        host, scheme = parts.hostname, parts.scheme.lower()
        if scheme not in ("http", "https") or not host or parts.username or parts.password:
            raise PictureError("its address is none of the web (http or https, without a password)")
        port = parts.port or (443 if scheme == "https" else 80)
        if self._ports and port not in self._ports:
            raise PictureError(f"its address has another port than {' and '.join(map(str, self._ports))}")
        found = self._addresses(host, port)
        if not found or not all(map(self._allowed, found)):
            raise PictureError("its address is one of a private network")
        connection = _Pinned(host, port, found[0], scheme == "https", _left(end))
        with ExitStack() as held:
            held.callback(connection.close)
            # Each answer to a read gives a slow server as much time again; this ends it all.
            watch = threading.Timer(_left(end), connection.stop)
            watch.daemon = True
            watch.start()
            held.callback(watch.cancel)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": "wherefore", "Accept": "image/*", "Accept-Encoding": "identity"}
            connection.request("GET", target.replace(" ", "%20"), headers=headers)
            answer = connection.getresponse()
            held.callback(answer.close)
            if answer.status in (301, 302, 303, 307, 308) and answer.headers.get("Location"):
                return str(answer.headers["Location"])
            if answer.status != 200:
                raise PictureError(f"its server answers {answer.status}")
            return self._read(connection, answer, end)

    def _read(self, connection: _Pinned, answer: http.client.HTTPResponse, end: float) -> bytes:
        stated = answer.headers.get("Content-Length", "")
        too_big = PictureError(f"its file has more than {self.max_bytes:,} bytes")
        if stated.isdigit() and int(stated) > self.max_bytes:
            raise too_big
        data = bytearray()
        while True:
            if connection.reached is not None:
                connection.reached.settimeout(_left(end))
            piece = answer.read1(_PIECE)
            if not piece:
                _left(end)
                return bytes(data)
            data += piece
            if len(data) > self.max_bytes:
                raise too_big


class _Pinned(http.client.HTTPConnection):
    """A connection to one IP address, whatever the host's name says by now."""

    def __init__(self, host: str, port: int, address: str, secure: bool, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address, self._secure = address, secure
        self.reached: socket.socket | None = None  # `sock` is forgotten while an answer is still read

    def connect(self) -> None:
        """Connect to the address; of a secure one, the certificate must be that of the name."""
        self.sock = self.reached = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            context = ssl.create_default_context()
            self.sock = self.reached = context.wrap_socket(self.sock, server_hostname=self.host)

    def stop(self) -> None:
        """End what is being read, whoever reads it."""
        if self.reached is not None:
            with suppress(OSError):
                self.reached.shutdown(socket.SHUT_RDWR)


def _left(end: float) -> float:
    """Seconds that are left."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left

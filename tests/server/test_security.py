"""Who may ask, and what pages may do."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from hounsfield.server.security import POLICY, Session
from tests.server.serving import Client, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(tmp_path_factory.mktemp("empty")) as client:
        yield client


def test_a_token_is_exchanged_once_for_a_cookie_that_pages_cannot_read(client: Client) -> None:
    address = f"{client.running.base}/?token={client.running.session.token()}&series=1.2"
    first = httpx.get(address)
    assert (first.status_code, first.headers["location"]) == (303, "/?series=1.2")
    cookie = first.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert httpx.get(address).status_code == 401
    named = dict(first.cookies)
    assert list(named) == [f"hounsfield-{client.running.port}"]
    assert httpx.get(f"{client.running.base}/api/state", cookies=named).status_code == 200
    # Loading the printed address again in the same browser is no mistake.
    assert httpx.get(address, cookies=named).status_code == 303


def test_old_tokens_open_nothing() -> None:
    session = Session()
    assert session.exchange(session.token(seconds=-1)) is None
    assert session.exchange("é") is None
    assert not session.known("")


@pytest.mark.parametrize("path", ["/", "/api/studies", "/dicom-web/studies", "/assets/index.js", "/api/events"])
def test_without_a_session_nothing_is_given(client: Client, path: str) -> None:
    answer = httpx.get(client.running.base + path)
    assert answer.status_code == 401
    assert "hu open" in answer.json()["message"]
    bad = httpx.get(client.running.base + path, cookies={f"hounsfield-{client.running.port}": "x" * 43})
    assert bad.status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1:1", "", "localhost.evil:1", "0.0.0.0"])
def test_other_names_of_the_server_are_refused(client: Client, host: str) -> None:
    assert client.get("/api/state", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_pages_of_other_origins_are_refused(client: Client, origin: str) -> None:
    answer = client.get("/api/state", headers={"Origin": origin})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_the_own_origin_is_let_in_and_other_sites_are_not(client: Client) -> None:
    assert client.get("/api/state", headers={"Origin": client.running.base}).status_code == 200
    for site in ("cross-site", "same-site"):
        assert client.get("/api/state", headers={"Sec-Fetch-Site": site}).status_code == 403


def test_every_answer_says_what_pages_may_load(client: Client) -> None:
    for path in ("/api/state", "/", "/nothing.js", "/api/series/1.2/stacks"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert "'wasm-unsafe-eval'" in POLICY
    assert "'unsafe-eval'" not in POLICY
    assert "default-src 'none'" in POLICY
    assert "http" not in POLICY


def test_it_listens_on_the_loopback_interface_alone(client: Client) -> None:
    assert client.running.socket.getsockname()[0] == "127.0.0.1"


def test_bodies_are_limited(client: Client) -> None:
    address = ("127.0.0.1", client.running.port)
    for length in (f"Content-Length: {1 << 40}", "Content-Length: x", "Transfer-Encoding: chunked"):
        with socket.create_connection(address) as connection:
            connection.sendall(
                f"POST /api/objects HTTP/1.1\r\nHost: {':'.join(map(str, address))}\r\n{length}\r\n\r\n".encode()
            )
            assert connection.recv(100).split()[1] in (b"400", b"411", b"413")


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fsetup.py", "/a%00b.js"])
def test_no_file_outside_of_the_pages_is_given(client: Client, path: str) -> None:
    answer = client.get(path)
    # Of the pages, every other address is the page itself.
    assert answer.status_code in (404, 503) or "<!doctype html>" in answer.text.lower()
    assert "root:" not in answer.text

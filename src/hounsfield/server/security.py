"""Who may ask: programs on this machine that know the session, by its own address, and pages of this server alone.

A token in the printed address is exchanged once for a cookie. What comes by another name (DNS rebinding), from a page
of another site, or without the cookie is refused, and no page may load anything from elsewhere.
"""

from __future__ import annotations

import secrets
import time
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["POLICY", "Guard", "Session"]

# WebAssembly decodes frames; nothing else may be made into code. Pictures of canvases are blobs.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self' blob: data:; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_SAFE = frozenset({"GET", "HEAD"})
_MOST_BODY = 64 << 20


class Session:
    """What opens the server: a token that works once, and the cookies that it was exchanged for.

    Parameters
    ----------
    used : callable, optional
        Is called when a token was exchanged, so that a new one may be made.
    """

    def __init__(self, used: Callable[[], object] | None = None) -> None:
        self._used = used
        self._tokens: dict[str, float] = {}
        self._cookies: list[str] = []

    def token(self, seconds: float = 86_400.0) -> str:
        """Make a token that can be exchanged once within that time."""
        made = secrets.token_urlsafe(24)
        self._tokens[made] = time.monotonic() + seconds
        return made

    def exchange(self, token: str) -> str | None:
        """Give a cookie for a token, or nothing for one that is not known, used or old."""
        for known, until in list(self._tokens.items()):
            if compare_digest(known.encode(), token.encode("utf-8", "replace")):
                del self._tokens[known]
                if time.monotonic() > until:
                    return None
                cookie = secrets.token_urlsafe(32)
                self._cookies.append(cookie)
                if self._used is not None:
                    self._used()
                return cookie
        return None

    def known(self, cookie: str) -> bool:
        """Tell whether a cookie was given out."""
        given = cookie.encode("utf-8", "replace")
        # Every one is compared, so that the time tells nothing.
        return sum([compare_digest(one.encode(), given) for one in self._cookies]) > 0


class Guard:
    """Stands before the application and lets in only whom it should.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    session : Session or None
        ``None`` lets everybody on this machine in, for tests of clients that know no cookies.
    hosts : iterable of str
        Names under which the server may be asked, with the port.
    policy : str
        Content-Security-Policy.
    """

    def __init__(self, app: ASGIApp, *, session: Session | None, hosts: Iterable[str], policy: str = POLICY) -> None:
        self._app, self._session, self._policy = app, session, policy
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, and put headers on every answer."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers["Content-Security-Policy"] = self._policy
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = self._refusal(scope)
        if refused is not None:
            await refused(scope, receive, sealed)
            return
        await self._app(scope, receive, sealed)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        # Some clients leave out the port; what another name would give away is the name.
        if host not in self._hosts and host not in {one.rpartition(":")[0] for one in self._hosts}:
            return _refuse(421, "This server answers to its own address only.")
        origin = headers.get("origin")
        if origin is not None and origin.lower().removeprefix("http://") not in self._hosts:
            return _refuse(403, "Pages of other sites may not ask this server.")
        if origin is None and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _refuse(403, "Pages of other sites may not ask this server.")
        if "transfer-encoding" in headers:
            return _refuse(411, "Say how long the body is.")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _MOST_BODY:
            return _refuse(413, f"At most {_MOST_BODY >> 20} MB are taken.")
        if self._session is None:
            return None
        return self._without_session(scope, headers, self._session)

    def _without_session(self, scope: Scope, headers: Headers, session: Session) -> Response | None:
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        token = dict(query).get("token")
        if token is not None and scope["method"] in _SAFE and scope["path"] == "/":
            rest = [pair for pair in query if pair[0] != "token"]
            cookie = session.exchange(token)
            if cookie is not None:
                return _welcome(rest, cookie, scope)
            if session.known(_cookie(scope, headers)):
                return _welcome(rest, _cookie(scope, headers), scope)
        if session.known(_cookie(scope, headers)):
            return None
        return _refuse(
            401, "There is no session: open the address that hu open printed. It works once; run hu open again."
        )


def _name(scope: Scope) -> str:
    """Name the cookie by the port: browsers do not tell servers of one machine apart."""
    return f"hounsfield-{(scope.get('server') or ('', ''))[1]}"


def _welcome(query: list[tuple[str, str]], cookie: str, scope: Scope) -> Response:
    response = RedirectResponse(f"/?{urlencode(query)}" if query else "/", status_code=303)
    response.set_cookie(_name(scope), cookie, httponly=True, samesite="strict", path="/")
    return response


def _cookie(scope: Scope, headers: Headers) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    name = _name(scope)
    return jar[name].value if name in jar else ""


def _refuse(status: int, message: str) -> Response:
    return JSONResponse({"code": "refused", "message": message}, status_code=status)

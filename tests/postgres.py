"""PostgreSQL on loopback, from Debian's package: a server of its own in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.network.storage.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Postgres", "postgres_server"]

_INSTALL = "apt-get install postgresql"


def _programs() -> Path:
    """Give the folder of the newest server's programs; skip the test, or fail it in CI, where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    beside = shutil.which("initdb")
    if beside:
        return Path(beside).resolve().parent
    reason = f"no PostgreSQL: {_INSTALL}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Postgres:
    """A server, which can be stopped and started.

    Parameters
    ----------
    folder : Path
        Where it keeps its data.
    """

    def __init__(self, folder: Path) -> None:
        self._programs, self._folder, self.port = _programs(), folder, free_port()
        # It refuses to be run by root.
        self._user = pwd.getpwnam("postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name)
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", "data", "-U", "hu", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        self._number = 0

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-t", "60", "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        """Stop it: ``immediate`` as if it were killed, ``fast`` with an end for everybody."""
        self._run("pg_ctl", "-D", "data", "-w", "-t", "60", "-m", how, "stop")

    def database(self) -> str:
        """Make an empty database, and give its address."""
        self._number += 1
        name = f"archive{self._number}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "hu", "-T", "template0", name)
        return f"postgresql://hu@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *words: str) -> None:
        command: Sequence[str] = [str(self._programs / program), *words]
        options = {"user": self._user.pw_uid, "group": self._user.pw_gid} if os.getuid() == 0 else {}
        with tempfile.TemporaryFile() as said:
            # Its children keep what it writes to open.
            done = subprocess.run(
                command, cwd=self._folder, stdout=said, stderr=said, timeout=120, check=False, **options
            )  # type: ignore[call-overload]
            said.seek(0)
            assert not done.returncode, said.read().decode("utf-8", "replace")


@contextlib.contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Run a server until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="hu-postgres-"))
    # Not below a folder that only root can enter.
    folder.chmod(0o755)
    server = None
    try:
        server = Postgres(folder / "server")
        server.start()
        yield server
    finally:
        if server is not None:
            with contextlib.suppress(AssertionError):
                server.stop()
        for _ in range(3):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)

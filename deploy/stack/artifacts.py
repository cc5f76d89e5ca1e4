"""Java's jars, Kafka's above all: fetched once, each compared with a lock file, installed in one step."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.stack.errors import StackError
from deploy.stack.files import locked, read_json, write_atomically

KAFKA_VERSION = "4.3.1"
LOCK_FILE = Path(__file__).with_name(f"kafka-{KAFKA_VERSION}.lock")

# What is being done, how much of it is done, how much there is.
Report = Callable[[str, int, int], None]

_MARKER = ".verified.json"
_ATTEMPTS = 3
_FETCHERS = 4


@dataclass(frozen=True, slots=True)
class Jars:
    """A set of jars.

    Attributes:
        name: of its folder in the cache, with the version.
        title: what people call it.
        lock_file: lists every jar with its SHA-256.
        roots: what Maven is asked for; the lock file lists these and everything they need.
    """

    name: str
    title: str
    lock_file: Path
    roots: tuple[str, ...]


KAFKA = Jars(
    name=f"kafka-{KAFKA_VERSION}",
    title=f"Apache Kafka {KAFKA_VERSION}",
    lock_file=LOCK_FILE,
    roots=(f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36"),
)


class _OutOfReach(Exception):  # noqa: N818 - it reads as what happened
    """Nothing can be fetched. `code` is that of the StackError it becomes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def silent(what: str, done: int, total: int) -> None:
    """A Report that says nothing."""


def read_lock(lock_file: Path = LOCK_FILE) -> dict[str, str]:
    """Path in Maven's repository layout -> SHA-256, sorted by path."""
    lines = (line.split() for line in lock_file.read_text(encoding="ascii").splitlines() if line.strip())
    return dict(sorted((path, digest) for digest, path in lines))


def class_path(folder: Path, lock_file: Path = LOCK_FILE) -> str:
    """The jars in a fixed order: an AOT cache is only valid for the very class path it was made with."""
    return os.pathsep.join(str(folder / path) for path in read_lock(lock_file))


def ensure_kafka(cache: Path, report: Report = silent, *, verify: bool = False) -> Path:
    """The folder with Kafka's jars; as `ensure_jars`."""
    return ensure_jars(KAFKA, cache, report, verify=verify)


def ensure_jars(jars: Jars, cache: Path, report: Report = silent, *, verify: bool = False) -> Path:
    """The folder with the jars, fetched into `cache` where they are not there yet.

    Every jar's SHA-256 is compared with the lock when it is fetched, when its size or time has changed since, and, with
    `verify`, now. Nothing outside `cache` is written. Safe to call from several processes at once and to interrupt:
    what was fetched and is right is kept for the next attempt.

    Raises StackError: `jar-hash-mismatch`, `no-network`, `no-fetcher`, `locked`.
    """
    folder = cache.resolve() / jars.name
    lock = read_lock(jars.lock_file)
    if not verify and _marker_holds(folder, lock):
        return folder
    partial_folder = folder.with_name(f"{folder.name}.partial")
    with locked(folder.with_name(f"{folder.name}.lockfile"), timeout=600, waiting_for=f"fetching {jars.title}"):
        if verify or not _marker_holds(folder, lock):
            missing = _check_installed(jars, folder, lock, report)
            if missing:
                _fetch(jars, missing, partial_folder, report)
                _install(partial_folder, folder, missing)
            _write_marker(folder, lock)
    return folder


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fingerprint(folder: Path, lock: Mapping[str, str]) -> dict[str, object]:
    """What changes when the lock or an installed file does, without reading the files."""
    files = {}
    for path in lock:
        facts = (folder / path).stat()
        files[path] = [facts.st_size, facts.st_mtime_ns]
    return {"lock": hashlib.sha256(json.dumps(lock).encode()).hexdigest(), "files": files}


def _marker_holds(folder: Path, lock: Mapping[str, str]) -> bool:
    try:
        return read_json(folder / _MARKER) == _fingerprint(folder, lock)
    except FileNotFoundError:
        return False


def _write_marker(folder: Path, lock: Mapping[str, str]) -> None:
    write_atomically(folder / _MARKER, json.dumps(_fingerprint(folder, lock)))


def _check_installed(jars: Jars, folder: Path, lock: Mapping[str, str], report: Report) -> dict[str, str]:
    """The part of the lock that is not installed. A jar that is there and differs is an error: someone changed it."""
    missing = {}
    for done, (path, digest) in enumerate(lock.items(), start=1):
        jar = folder / path
        if not jar.exists():
            missing[path] = digest
        elif sha256(jar) != digest:
            raise StackError(
                "jar-hash-mismatch",
                f"{jar} is not the file that the lock file names. Remove the folder {folder} and start again; "
                "if it comes back, somebody between you and the source changes what you download.",
            )
        if folder.exists():
            report(f"{jars.title}: checking", done, len(lock))
    return missing


def _install(fetched: Path, folder: Path, paths: Mapping[str, str]) -> None:
    if not folder.exists():
        fetched.rename(folder)
        return
    # A running broker may have the folder open, so that it is mended file by file and never replaced.
    for path in paths:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(fetched / path, target)
    shutil.rmtree(fetched)


def _fetch(jars: Jars, paths: Mapping[str, str], into: Path, report: Report) -> None:
    into.mkdir(parents=True, exist_ok=True)

    def told(what: str, done: int, total: int) -> None:
        report(f"{jars.title}: {what}", done, total)

    try:
        try:
            _fetch_with_jgo(paths, into, told)
        except ImportError:
            _fetch_with_maven(jars.roots, paths, into, told, otherwise="no-fetcher")
        except _OutOfReach:
            _fetch_with_maven(jars.roots, paths, into, told, otherwise="no-network")
    except _OutOfReach as error:
        # `from None`: the cause's text may hold the registry's address.
        raise _no_network(jars, error.code) from None


def _fetch_with_jgo(paths: Mapping[str, str], into: Path, report: Report) -> None:
    """Fetch by jgo's resolver, straight from the lock: no dependency is resolved, so nothing else can come along."""
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    defaults = MavenContext(repo_cache=into).remote_repos
    # A mirror that the user has configured for jgo comes first; the default may not be reachable from where they are.
    mirrors = GlobalSettings.load().repositories
    context = MavenContext(
        repo_cache=into, remote_repos={**mirrors, **{n: u for n, u in defaults.items() if n not in mirrors}}, timeout=30
    )

    def fetch(path: str) -> None:
        *group, artifact, version, _ = path.split("/")
        context.project(".".join(group), artifact).at_version(version).artifact().resolve()

    with ThreadPoolExecutor(_FETCHERS) as pool:
        running = [pool.submit(_fetch_one, partial(fetch, path), into / path, digest) for path, digest in paths.items()]
        try:
            for done, future in enumerate(as_completed(running), start=1):
                future.result()
                report("fetching", done, len(paths))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch_one(fetch: Callable[[], None], target: Path, digest: str) -> None:
    import requests

    for attempt in range(1, _ATTEMPTS + 1):
        if target.exists() and sha256(target) == digest:
            return
        target.unlink(missing_ok=True)  # left half-written by an interrupted attempt
        try:
            fetch()
        except (requests.RequestException, RuntimeError, OSError):
            if attempt == _ATTEMPTS:
                raise _OutOfReach("no-network") from None
    if sha256(target) != digest:
        target.unlink()
        raise StackError(
            "jar-hash-mismatch",
            f"What was downloaded as {target.name} is not the file that the lock file names, and was thrown away. "
            "Try again from another network; if it stays so, do not use it and report it.",
        )


def _fetch_with_maven(
    roots: Sequence[str], paths: Mapping[str, str], into: Path, report: Report, otherwise: str
) -> None:
    """Fetch by the system's Maven, whose settings may know a mirror that jgo does not."""
    maven = shutil.which("mvn")
    if maven is None:
        raise _OutOfReach(otherwise)
    repository = into.with_name(f"{into.name}.m2")
    for done, root in enumerate(roots):
        report("fetching with Maven", done, len(roots))
        command = [maven, "-B", "-q", f"-Dmaven.repo.local={repository}", "dependency:get", f"-Dartifact={root}"]
        if subprocess.run(command, cwd=into, capture_output=True, check=False).returncode:  # noqa: S603
            raise _OutOfReach("no-network")
    for path, digest in paths.items():
        _fetch_one(partial(_copy, repository / path, into / path), into / path, digest)
    shutil.rmtree(repository)
    report("fetching with Maven", len(roots), len(roots))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _no_network(jars: Jars, code: str) -> StackError:
    if code == "no-fetcher":
        return StackError(
            code, f"{jars.title} cannot be fetched: install the project with its `stack` extra, or Maven."
        )
    return StackError(
        code,
        f"{jars.title} could not be fetched. Check the network and any proxy or mirror settings, then start again: "
        "what was already fetched is kept. Or set the address of a running Kafka instead.",
    )

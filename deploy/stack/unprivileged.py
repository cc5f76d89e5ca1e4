"""PostgreSQL refuses to run as root: the account that it then runs as, and folders which that account can reach."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from deploy.stack.errors import StackError
from deploy.stack.files import locked
from deploy.stack.process import Account

# Where root keeps what its unprivileged servers need when the project lies under a closed folder such as /root.
OPEN_PLACE = Path("/var/lib/resesignal")


def server_account() -> Account | None:
    """The account for servers that refuse root: None (stay who you are) unless root. Raises StackError `no-account`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StackError(
        "no-account", "PostgreSQL refuses to run as root: add a user `postgres`, or start as another user."
    )


def run_as(account: Account | None, argv: list[str], cwd: str = "/") -> subprocess.CompletedProcess[str]:
    """Run a program to its end as `account`, with a fixed environment."""
    env = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}
    if account is None:
        return subprocess.run(argv, env=env, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    return subprocess.run(  # noqa: S603
        argv,
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        user=account.uid,
        group=account.gid,
        extra_groups=[],
    )


def can_reach(account: Account | None, path: Path) -> bool:
    """Whether `account` can enter the folder, or run the file, `path`. Asked of the kernel, which knows of ACLs too."""
    return account is None or run_as(account, ["/usr/bin/env", "test", "-x", str(path)]).returncode == 0


def reachable_folder(account: Account | None, wanted: Path, purpose: str, open_place: Path = OPEN_PLACE) -> Path:
    """`wanted` where `account` can get at it, else a folder of `open_place` that always is the same for this `wanted`.

    The folder is made, open for passing through (0711) and owned by us. Raises StackError `no-reachable-folder`.
    """
    if account is None:
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted
    for folder in (wanted, open_place / f"{purpose}-{hashlib.sha256(str(wanted).encode()).hexdigest()[:12]}"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)
        except OSError:
            continue
        if can_reach(account, folder):
            return folder
    raise StackError(
        "no-reachable-folder",
        f"You are root, so that PostgreSQL runs as another account, which can enter neither {wanted} nor {open_place}. "
        "Choose a state folder whose parents everyone may pass through, or start as an ordinary user.",
    )


def readable_binaries(account: Account | None, installed: Path, name: str, candidates: list[Path]) -> Path:
    """`installed` where `account` can run it, else a copy in the first of `candidates` where it can.

    A copy is made once and in one step. Raises StackError `no-reachable-folder`.
    """
    if can_reach(account, installed / "bin" / "postgres"):
        return installed
    for parent in candidates:
        copy = parent / name
        try:
            parent.mkdir(parents=True, exist_ok=True)
            if not can_reach(account, parent):
                continue
            with locked(parent / f"{name}.lockfile", timeout=120, waiting_for="copying PostgreSQL"):
                if not copy.exists():
                    _copy(installed, copy)
        except OSError:
            continue
        program = copy / installed.resolve().parent.name / installed.resolve().name
        if can_reach(account, program / "bin" / "postgres"):
            return program
    raise StackError(
        "no-reachable-folder",
        f"You are root, so that PostgreSQL runs as another account, which cannot read {installed} nor a copy in any of "
        f"{', '.join(map(str, candidates))}. Install the project where everyone may read it, or start as another user.",
    )


def _copy(installed: Path, copy: Path) -> None:
    """Copy the part of site-packages that the program consists of, laid out as there."""
    real = installed.resolve()
    package = real.parent
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix=f".{copy.name}-") as temporary:
        whole = Path(temporary) / copy.name
        for part in ("bin", "lib", "share"):
            # Archives for linking are a third of it, and nothing is linked here.
            target = whole / package.name / real.name / part
            shutil.copytree(real / part, target, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
        # The wheel's programs look for their shared libraries in this folder beside their package.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, whole / libraries.name)
        os.replace(whole, copy)

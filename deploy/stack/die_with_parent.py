"""Start a program that the kernel kills when the process that asked for it is gone, even by SIGKILL.

Run as a script, not imported: `python -I die_with_parent.py PARENT UID GID PROGRAM ARG...` (UID and GID `-1`: stay as
you are). It is a program of its own and no `preexec_fn`, because running Python between fork and exec can deadlock in a
process with threads. Standard library only, since `-I -S` starts in some 20 ms.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Drop to the given account, tie this process to its parent, become the program."""
    parent, uid, gid = (int(word) for word in arguments[:3])
    program = arguments[3:]
    # The library is loaded first: an unprivileged account may not be able to read the Python it comes with.
    libc = ctypes.CDLL(None, use_errno=True)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of account, which clears the setting (prctl(2)).
    if libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        sys.exit(f"prctl failed: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        sys.exit("the parent died before its child was tied to it")
    try:
        os.execv(program[0], program)  # noqa: S606 - becoming the program is what this file is for
    except OSError as error:
        sys.exit(f"{program[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])

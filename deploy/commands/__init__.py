"""The groups of `resesignal` commands, each a Typer `app` that deploy/cli.py mounts."""

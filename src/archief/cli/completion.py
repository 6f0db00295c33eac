"""``archief completion``: what a shell needs to complete our words."""

from __future__ import annotations

import click

from archief.cli.session import Session
from archief.cli.verbs import verb


@verb(
    "completion",
    example="""
    archief completion bash > ~/.local/share/bash-completion/completions/archief
    archief completion zsh > ~/.zfunc/_archief
    archief completion fish > ~/.config/fish/completions/archief.fish
    """,
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(session: Session, *, shell: str) -> None:
    """Print the script that lets a shell complete commands and options."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only this command needs it

    from archief.cli.main import cli  # noqa: PLC0415 - main imports the commands

    found = get_completion_class(shell)
    assert found is not None, "click knows these three"
    made = found(cli, {}, "archief", "_ARCHIEF_COMPLETE")
    script = made.source_template % made.source_vars()
    if session.output.json:
        session.output.members({"shell": shell, "script": script})
        return
    session.output.line(script, lines=True)

"""``wsspec completion``: what makes a shell complete the words of this command."""

from __future__ import annotations

import click
from ws_reports.record import ExitCode

from .root import wsspec

COMPLETE_VARIABLE = "_WSSPEC_COMPLETE"
"""By this variable, click is asked for proposals instead of being run."""


@click.command(name="completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion_command(shell: str) -> int:
    """Print a script after which SHELL completes commands, options, cases, areas and requirements.

    \b
    bash  eval "$(wsspec completion bash)"        in ~/.bashrc
    zsh   eval "$(wsspec completion zsh)"         in ~/.zshrc, behind compinit
    fish  wsspec completion fish > ~/.config/fish/completions/wsspec.fish
    """
    from click.shell_completion import get_completion_class

    completing = get_completion_class(shell)
    assert completing is not None, "click knows these shells"
    click.echo(completing(wsspec, {}, "wsspec", COMPLETE_VARIABLE).source())
    return ExitCode.OK

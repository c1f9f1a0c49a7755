"""`inksight completion`: what makes a shell complete our commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes your shell complete commands and options: for now, or for good in the file that it reads first.

    \b
    Examples:
      eval "$(inksight completion bash)"               ~/.bashrc
      eval "$(inksight completion zsh)"                ~/.zshrc
      inksight completion fish | source                ~/.config/fish/config.fish
    """
    found = get_completion_class(shell)
    assert found is not None  # click knows all three
    click.echo(found(ctx.find_root().command, {}, "inksight", "_INKSIGHT_COMPLETE").source())

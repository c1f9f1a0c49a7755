"""The command line: thin commands over the library, one file each; the options that several share are in options.py.

What is heavy is imported when a command runs.
"""

import click

from .. import __version__
from . import completion, convert, derenderings, evaluate, models, render, search, serve, study

RESEARCH = ("evaluate", "derenderings", "study")
"""Commands that only those need who measure and compare."""


class _Commands(click.Group):
    """Shows the commands of research apart, and all in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, research in (("Commands", False), ("For research", True)):
            with formatter.section(title):
                names = [name for name in self.commands if (name in RESEARCH) == research]
                formatter.write_dl([(name, self.commands[name].get_short_help_str(80)) for name in names])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="inksight")
def main() -> None:
    """Turn pictures of handwriting into digital ink: pen strokes in writing order, with the text they spell.

    \b
    inksight convert notes.jpg                 a page of notes -> notes.svg
    inksight word name.png -o name.inkml       a picture of one word
    inksight render notes.json -o notes.gif    ink drawn, or in another format
    inksight search heron ink/                 where words stand on converted pages
    inksight serve --open                      the playground, to see it written and to mend it
    inksight convert --help                    more examples
    eval "$(inksight completion bash)"         Tab completes commands and options
    """


for _command in (
    convert.convert,
    convert.word,
    render.render,
    search.search,
    serve.serve,
    models.models,
    completion.completion,
    evaluate.evaluate,
    derenderings.derenderings,
    study.study,
):
    main.add_command(_command)

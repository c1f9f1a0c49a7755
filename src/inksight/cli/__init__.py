"""The command line: thin commands over the library, one file each; the options that several share are in options.py.

What is heavy is imported when a command runs.
"""

import click

from .. import __version__
from . import convert, derenderings, evaluate, models, render, search, serve, study


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="inksight")
def main() -> None:
    """Turn pictures of handwriting into digital ink: pen strokes in writing order, with the text they spell.

    \b
    inksight convert notes.jpg                 a page of notes -> notes.svg
    inksight word name.png -o name.inkml       a picture of one word
    inksight render notes.json -o notes.gif    ink drawn, or in another format
    inksight search heron ink/                 where words stand on converted pages
    inksight convert --help                    more examples
    """


for _command in (
    convert.convert,
    convert.word,
    render.render,
    search.search,
    evaluate.evaluate,
    derenderings.derenderings,
    models.models,
    study.study,
    serve.serve,
):
    main.add_command(_command)

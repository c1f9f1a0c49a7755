import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import inksight
from bench.camera import Camera, shoot
from inksight import cli, formats, options, pipeline
from inksight.evaluate import sets
from inksight.imaging.pictures import open_pages
from tests.pages import SkeletonTracer, drawn, flat, zigzag


@pytest.fixture(autouse=True)
def offline_model(monkeypatch):
    """No weights: the skeleton traces, and says that it read "hi"."""
    stand_in = SkeletonTracer("hi", 0.9)
    monkeypatch.setattr(pipeline, "tracer", lambda *_: stand_in)
    return stand_in


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with pictures in it."""
    monkeypatch.chdir(tmp_path)
    picture = Image.fromarray(drawn(zigzag(100, 100)))
    picture.save("a.png")
    picture.save("b.jpg")
    (tmp_path / "scans").mkdir()
    picture.save("scans/c.png")
    picture.save("scans/d.png")
    (tmp_path / "scans/readme.txt").write_text("no picture")
    (tmp_path / "ink").mkdir()
    return tmp_path


def run(*arguments):
    """(exit code, standard output, standard error as lines) of `inksight`."""
    result = CliRunner().invoke(cli.main, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr.splitlines()


def convert(*arguments):
    return run("convert", "--detector", "none", *arguments)


# ------------------------------------------------------------------------------------------------------- outputs


def nearly_all(lines):
    """The lines without the last digit of how much ink was traced, which hangs on the weights that see it."""
    return [re.sub(r"\b9\d%", "9?%", line) for line in lines]


def test_the_result_goes_beside_the_picture(folder):
    code, out, err = convert("a.png")
    assert (code, out) == (0, "")
    assert nearly_all(err) == ['a.png -> a.svg: "hi", 1 stroke, 9?% of the ink']
    assert formats.read(folder / "a.svg").text == "hi"


@pytest.mark.parametrize("name", ["x.json", "x.svg", "x.inkml"])
def test_the_ending_names_the_format(folder, name):
    assert convert("a.png", "-o", name)[0] == 0
    assert formats.read(folder / name).words[0].text == "hi"


def test_png_shows_the_photo(folder):
    assert convert("b.jpg", "-o", "x.png")[0] == 0
    assert np.asarray(Image.open("x.png")).std() > 5


@pytest.mark.parametrize("out", ["ink", "ink/"])
def test_a_folder_takes_one_file_for_each_picture(folder, out):
    assert convert("a.png", "scans", "-o", out, "--to", "json")[0] == 0
    assert sorted(p.name for p in (folder / "ink").iterdir()) == ["a.json", "c.json", "d.json"]


def test_patterns_in_quotes(folder):
    assert convert("**/*.png", "-o", "ink/")[0] == 0
    assert sorted(p.name for p in (folder / "ink").iterdir()) == ["a.svg", "c.svg", "d.svg"]


def test_standard_output(folder):
    code, out, err = convert("a.png", "-o", "-", "--to", "json")
    assert code == 0
    assert json.loads(out)["words"][0]["text"] == "hi"
    assert nearly_all(err) == ['a.png -> -: "hi", 1 stroke, 9?% of the ink']


def test_pages_are_numbered(folder):
    pages = [Image.fromarray(drawn(zigzag(x, 100))) for x in (50, 120, 200)]
    pages[0].save("book.tiff", save_all=True, append_images=pages[1:])
    pages[0].save("one.tiff")
    assert convert("book.tiff", "one.tiff", "-o", "ink")[0] == 0
    assert sorted(p.name for p in (folder / "ink").iterdir()) == ["book-1.svg", "book-2.svg", "book-3.svg", "one.svg"]


def test_what_becomes_of_print_is_chosen(folder):
    assert convert("a.png", "--print", "trace")[0] == 0
    code, _, err = convert("a.png", "--print", "copy")
    assert code == 2
    assert "'copy' is not one of 'text', 'trace', 'ignore'" in err[-1]


def test_a_blank_page_is_an_empty_page(folder):
    Image.new("RGB", (50, 40), "white").save("blank.png")
    code, out, _ = run("convert", "blank.png", "-o", "-", "--to", "json")
    assert code == 0
    assert json.loads(out) == {"format": "inksight", "version": 1, "width": 50, "height": 40, "words": []}


def test_word_says_when_it_is_given_a_page(tmp_path):
    board = Path(__file__).parent.parent / "examples" / "board.jpg"
    code, _, (said,) = run("word", board, "-o", tmp_path / "board.svg", "--fast")
    assert code == 0
    assert re.search(r"a page of \d words or more, it seems: inksight convert .*board.jpg$", said)


def test_word_knows_the_text_it_is_told(folder, offline_model):
    assert run("word", "a.png", "--text", "hello", "-o", "x.json")[0] == 0
    assert offline_model.calls[0][:2] == ("derender-with-text", ["hello"])
    assert run("word", "a.png", "-o", "x.json")[0] == 0
    assert offline_model.calls[1][:2] == ("recognize-and-derender", [None])


# ----------------------------------------------------------------------------------------------------- bad input

ENDINGS = ", ".join(f".{name}" for name in formats.FORMATS if formats.ending(name) == name)
PICTURE_KINDS = "JPEG, PNG, TIFF, WebP, GIF, BMP, HEIC, PDF"


@pytest.mark.parametrize("command", ["convert", "word"])
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.jpg", None, "gone.jpg: no such file; check the name"),
        ("empty.jpg", b"", "empty.jpg: is empty (0 bytes); copy or export it again"),
        ("text.jpg", b"hello", f"text.jpg: is not a picture that can be read; convert it to one of {PICTURE_KINDS}"),
        ("tiny.ppm", b"P6 1 1 255 aaa", "tiny.ppm: is too small (1 x 1 pixels); it takes at least 4 x 4"),
    ],
)
def test_a_bad_picture_is_one_line_and_exit_2(folder, command, name, content, message):
    if content is not None:
        (folder / name).write_bytes(content)
    assert run(command, name) == (2, "", [f"inksight: {message}"])
    assert not list(folder.glob("*.svg"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.png", "-o", "x.doc"], f"x.doc: unknown ending '.doc'; use one of {ENDINGS}"),
        (["a.png", "-o", "x"], f"x: no ending that names a format; use one of {ENDINGS}"),
        (["a.png", "-o", "no/x.svg"], "no/x.svg: the folder no doesn't exist; create it first"),
        (["a.png", "-o", "b.jpg/"], "b.jpg: this folder can't be created: File exists; choose another"),
        (["a.png", "b.jpg", "-o", "x.svg"], "x.svg: a .svg file holds one page; name a folder for several"),
        (["a.png", "-o", "-"], "-o -: standard output has no ending; name a format with --to, e.g. --to svg"),
        (["a.png", "b.jpg", "-o", "-", "--to", "svg"], "-o -: takes one input; name a folder for several"),
        (["ink"], "ink: no pictures in this folder; name one that has some, or add --recursive"),
        (["x*.png"], "x*.png: no file matches; check the pattern"),
        (["a.png", "--to", "png"], "a.png: the result would overwrite the input; name another file with -o"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_2(folder, arguments, message):
    before = (folder / "a.png").read_bytes()
    assert convert(*arguments) == (2, "", [f"inksight: {message}"])
    assert (folder / "a.png").read_bytes() == before


def test_a_bad_picture_does_not_stop_the_others(folder):
    code, _, err = convert("a.png", "gone.png", "b.jpg", "-o", "ink")
    assert code == 1
    assert nearly_all(err) == [
        'a.png -> ink/a.svg: "hi", 1 stroke, 9?% of the ink',
        'b.jpg -> ink/b.svg: "hi", 1 stroke, 9?% of the ink',
        "inksight: gone.png: no such file; check the name",
        "inksight: 2 of 3 pages converted",
    ]
    assert convert("gone.png", "lost.png", "-o", "ink")[0] == 2


def test_results_do_not_overwrite_each_other(folder):
    Image.open("b.jpg").save("scans/b.png")
    code, _, err = convert("b.jpg", "scans/b.png", "-o", "ink")
    assert code == 1
    assert err[1] == ("inksight: scans/b.png: the result would overwrite that of b.jpg; convert it on its own, with -o")


def test_pages_do_not_go_to_standard_output(folder):
    pages = [Image.fromarray(drawn(zigzag(x, 100))) for x in (50, 120)]
    pages[0].save("book.tiff", save_all=True, append_images=pages[1:])
    code, out, err = convert("book.tiff", "-o", "-", "--to", "json")
    assert (code, out) == (2, "")
    assert err == ["inksight: book.tiff: has several pages, standard output takes one; name a folder with -o"]


def test_text_and_its_mode_belong_together(folder):
    for arguments in (["--mode", "derender-with-text"], ["--mode", "derender", "--text", "x"]):
        code, _, err = run("word", "a.png", *arguments)
        assert code == 2
        assert err[-1] == "Error: --text and --mode derender-with-text belong together"


def test_debug_shows_where_an_error_comes_from(folder):
    with pytest.raises(inksight.errors.InputError, match="gone"):
        convert("gone.png", "--debug")


# -------------------------------------------------------------------------------------------------- the commands


def test_the_choices_are_those_of_the_library():
    assert sets.Split.__args__ == options.SPLITS


@pytest.mark.parametrize("arguments", [[], *([name] for name in cli.main.commands)])
def test_help_shows_how(arguments):
    code, out, _ = run(*arguments, "--help")
    assert code == 0
    assert "inksight convert notes.jpg" in out or "Examples:" in out


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "inksight", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"inksight, version {inksight.__version__}\n"


def test_version_and_help_load_nothing_heavy():
    code = (
        "import sys, inksight.cli as c\n"
        "try: c.main(['--version'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'onnxruntime', 'cv2', 'PIL', 'tqdm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"inksight, version {inksight.__version__}\n[]\n"


def test_evaluate_prints_the_table_and_writes_the_report(folder, monkeypatch):
    seen = {}

    class Report:
        def tables(self):
            return "| a table |"

        def save(self, out):
            seen["saved"] = out

    def evaluate(data, selection, trace, settings, **_):
        seen.update(settings, data=data, selection=selection)
        return Report()

    monkeypatch.setattr("inksight.evaluate.run.evaluate", evaluate)
    assert run("evaluate", "data", "--words", "5", "-o", "out")[:2] == (0, "| a table |\n")
    assert (seen["data"], seen["selection"], seen["saved"]) == ("data", sets.Selection(words=5), "out")
    assert (seen["mode"], seen["fast"]) == (options.DEFAULT_MODE, False)


def test_evaluate_says_what_is_wrong_with_the_data(folder, monkeypatch):
    code, out, err = run("evaluate", "nowhere")
    assert (code, out, len(err)) == (2, "", 1)
    assert err[0].startswith("inksight: nowhere")


# --------------------------------------------------------------------------------------------------------- sheets


def test_flatten_gives_the_sheet_and_its_picture(folder):
    shot = shoot(flat(), Camera(size=(600, 800), pitch=15, roll=6, table="dark"))
    Image.fromarray(shot.photo).save("table.png")
    assert convert("table.png", "-o", "seen.json")[0] == 0
    assert convert("table.png", "--flatten", "-o", "flat.json")[0] == 0
    seen, sheet = (formats.read(folder / f"{n}.json") for n in ("seen", "flat"))
    assert (seen.width, seen.height) == (600, 800)
    assert sheet.width / sheet.height == pytest.approx(0.8, rel=0.06)
    assert sheet.width < 520
    convert("table.png", "--flatten", "--background", "photo", "-o", "flat.png")
    assert np.asarray(Image.open("flat.png").convert("L"))[5:40, 5:40].mean() > 60  # paper up to the corner, no table
    assert np.asarray(Image.open("table.png").convert("L"))[5:40, 5:40].mean() < 60


def test_a_document_of_flat_sheets_shows_flat_photos(folder):
    shot = shoot(flat(), Camera(size=(600, 800), pitch=15, roll=6, table="dark"))
    for name in ("p.png", "q.png"):
        Image.fromarray(shot.photo).save(name)
    code, _, err = convert("p.png", "q.png", "--flatten", "--background", "photo", "-o", "both.pdf")
    assert (code, err[-1]) == (0, "2 pages -> both.pdf")
    for picture in open_pages(folder / "both.pdf"):
        assert picture.mean(axis=2)[20:60, 20:60].mean() > 150
    assert not list(folder.glob(".both*"))


def test_profile_tells_where_the_time_went(folder):
    _, _, err = convert("a.png", "--profile")
    assert re.search(r"of the ink \(sheet \d.*, detection .*, tracing .*, rest \d+\.\d\d s\)$", err[0])


def test_the_help_tells_of_modes_research_and_completion():
    code, out, _ = run("--help")
    assert code == 0
    commands, research = out.split("For research:")
    assert "inksight completion bash" in commands
    assert re.search(r"(?m)^  convert ", commands)
    assert re.findall(r"(?m)^  (\w+) ", research) == ["evaluate", "derenderings", "study"]
    code, out, _ = run("convert", "--help")
    for mode in options.MODES:
        assert re.search(rf"(?m)^ +{mode}  +\w", out)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_our_commands(shell):
    code, out, _ = run("completion", shell)
    assert code == 0
    assert "_INKSIGHT_COMPLETE" in out

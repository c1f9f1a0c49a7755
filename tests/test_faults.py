"""What goes wrong around the pictures: links in circles, closed streams, locked folders, killed writers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from inksight.batch import files
from inksight.errors import LONGEST, InputError
from inksight.formats import saving
from inksight.imaging.pictures import open_image
from tests.test_cli import run


def test_a_message_is_one_line():
    assert str(InputError("a\nb\r\x1b[31m: gone")) == r"a\nb\r\x1b[31m: gone"
    assert len(str(InputError("x" * 9999))) < LONGEST + 9


def test_a_link_to_itself_costs_no_other_input(tmp_path):
    loop, blank = tmp_path / "loop.png", tmp_path / "blank.png"
    loop.symlink_to(loop)
    Image.new("L", (40, 30), 255).save(blank)
    code, _, err = run("convert", str(loop), str(blank), "-o", f"{tmp_path / 'out'}/")
    assert code == 1
    assert any(str(loop) in line for line in err)
    assert (tmp_path / "out" / "blank.svg").exists()


def test_a_folder_that_may_not_be_looked_into(tmp_path, monkeypatch):
    def locked(path):
        raise PermissionError(13, "Permission denied", os.fspath(path))

    monkeypatch.setattr(os, "scandir", locked)
    told = []
    assert files.find_all([str(tmp_path)], told.append) == []
    assert [str(e) for e in told] == [f"{tmp_path}: can't be looked into (Permission denied); allow it"]


@pytest.mark.parametrize(
    ("closed", "want"), [("<&-", "standard input is closed"), (">&-", "standard output is closed")]
)
def test_closed_streams(tmp_path, closed, want):
    ink = tmp_path / "a.svg"
    ink.write_text('<svg xmlns="http://www.w3.org/2000/svg"><path d="M1 1L9 9"/></svg>')
    arguments = "- --from svg -o a.json" if "in" in want else f"{ink} -o - --to json"
    command = f'"{sys.executable}" -m inksight render {arguments} {closed}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr == f"inksight: {want}; name a file{' with -o' if 'out' in want else ''}\n"


def test_a_pipe_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = "import sys; from PIL import Image; Image.new('L', (40, 30), 9).save(open(sys.argv[1], 'wb'), 'PNG')"
    with subprocess.Popen([sys.executable, "-c", code, pipe]):
        assert open_image(pipe).shape == (30, 40, 3)


def test_what_a_killed_writer_left_is_swept_up(tmp_path):
    code = """
import os, sys
from pathlib import Path
from inksight.formats import saving
os.replace = lambda *_: os.kill(os.getpid(), 9)
saving.save(Path(sys.argv[1]), b"ink")
"""
    subprocess.run([sys.executable, "-c", code, tmp_path / "a.svg"], check=False)
    (left,) = tmp_path.iterdir()
    ours = left.with_name(left.name.replace(left.name.split("-")[2], str(os.getpid())))
    theirs = left.with_name(".inksight-00000000-1-0")
    for path in (ours, theirs):
        path.touch()
    saving.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([ours, theirs])


def test_a_run_sweeps_the_folders_it_writes_into(tmp_path, monkeypatch):
    swept = []
    monkeypatch.setattr(saving, "sweep", swept.append)
    Image.new("L", (40, 30), 255).save(tmp_path / "blank.png")
    run("convert", str(tmp_path / "blank.png"), "-o", f"{tmp_path}/out/")
    assert Path(tmp_path / "out") in swept or tmp_path in swept

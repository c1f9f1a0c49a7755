"""The release check: it sees what is missing, too much, or wrong."""

import zipfile

import pytest

from bench import release

FACTS = [f"inksight-1.dist-info/{n}" for n in ("METADATA", "licenses/LICENSE", "licenses/THIRD_PARTY_NOTICES.md")]
README = """
    inksight convert notes.jpg -o "a b.svg"    # said beside it
    make demo

```python
import inksight
```

    inksight serve --open
"""


def wheel(folder, *names):
    path = folder / "inksight-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def test_a_whole_wheel_passes(tmp_path):
    release.check_contents(wheel(tmp_path, "inksight/__init__.py", *FACTS), ["inksight/__init__.py"])


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["inksight/a.py", *FACTS], r"missing \['inksight/b.py'\]"),
        (["inksight/a.py", "inksight/b.py", "tests/c.py", *FACTS], r"too much \['tests/c.py'\]"),
        (["inksight/a.py", "inksight/b.py", *FACTS[:2]], "THIRD_PARTY_NOTICES"),
    ],
)
def test_what_is_missing_or_too_much_is_named(tmp_path, names, says):
    with pytest.raises(release.Failed, match=says):
        release.check_contents(wheel(tmp_path, *names), ["inksight/a.py", "inksight/b.py"])


def test_the_package_s_files_are_those_that_it_needs():
    files = release.package_files()
    assert {"inksight/__init__.py", "inksight/py.typed", "inksight/models/words-v1/encoder.onnx"} <= files
    assert not any(name.endswith((".safetensors", ".pyc")) for name in files)


def test_examples_are_found_and_those_that_need_more_are_skipped():
    assert list(release.commands(README)) == [
        ["inksight", "convert", "notes.jpg", "-o", "a b.svg"],
        ["inksight", "serve", "--open"],
    ]
    assert release.scripts(README) == ["import inksight\n"]
    assert [release.reason_to_skip(c) is None for c in release.commands(README)] == [True, False]


def test_the_readme_has_examples_to_try():
    readme = (release.ROOT / "README.md").read_text("utf-8")
    assert sum(release.reason_to_skip(c) is None for c in release.commands(readme)) > 8
    assert release.scripts(readme)


def test_an_example_that_fails_is_named(tmp_path):
    (tmp_path / "inksight").write_text('#!/bin/sh\n[ "$2" != bad.jpg ] || { echo no such file >&2; exit 2; }\n')
    (tmp_path / "inksight").chmod(0o755)
    release.try_examples("    inksight word good.jpg\n", tmp_path, tmp_path)
    with pytest.raises(release.Failed, match=r"inksight word bad\.jpg ended with 2: no such file"):
        release.try_examples("    inksight word bad.jpg\n", tmp_path, tmp_path)

"""The words of a folder's pages in SQLite, kept up to date: only files that changed are read again.

Each page's words, joined to one text, are indexed by trigrams (FTS5), so that a query meets the pages that share any
three characters with it; match.py then says what is like it. The index can be thrown away at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError
from .match import padded, trigrams
from .pages import Entries, Entry, entries, files

NAME = ".inksight.db"
_VERSION = 1
_RECENT = 2 * 10**9
"""Nanoseconds: a file that changed so shortly before it was read may change again without its time or size telling."""

_TABLES = """
CREATE TABLE files (id INTEGER PRIMARY KEY, path BLOB UNIQUE, time INTEGER, size INTEGER, hash BLOB, error TEXT);
CREATE TABLE pages (id INTEGER PRIMARY KEY, file INTEGER, number INTEGER, width REAL, height REAL, words TEXT);
CREATE INDEX pages_of_file ON pages (file);
CREATE VIRTUAL TABLE texts USING fts5 (text, tokenize = 'trigram', detail = 'none');
"""


class Found(NamedTuple):
    """A page that shares characters with a query: its file, its number there from 1, its words, and them `padded`."""

    path: Path
    number: int
    entries: Entries
    text: str


class Index:
    """The index of `folder`, kept in it, or among the user's caches where nothing can be written there.

    Raises InputError where it can be kept in neither.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._place = folder, folder / NAME
        try:
            self._db = _open(self._place)
        except sqlite3.OperationalError:
            self._place = _cache_of(folder)
            with self.in_use():
                self._place.parent.mkdir(parents=True, exist_ok=True)
                self._db = _open(self._place)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Says what SQLite complains of as InputError."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            advice = f"make room there or delete {self._place.name}, and search again"
            raise InputError(f"{self._place.parent}: the index can't be used ({error}); {advice}") from error

    def update(self, progress: Callable[[int, int], None] | None = None) -> list[str]:
        """Take in what changed since; gives what is wrong with files that can't be searched.

        `progress` is called with the number of files done and of all.
        """
        present = {os.fsencode(path.relative_to(self.folder)): path for path in files(self.folder)}
        known = {row[1]: row for row in self._db.execute("SELECT id, path, time, size, hash FROM files")}
        for key in known.keys() - present.keys():
            with self._db:
                self._forget(known[key][0])
        for i, (key, path) in enumerate(present.items()):
            self._look_at(key, path, known.get(key))
            if progress:
                progress(i + 1, len(present))
        return [error for (error,) in self._db.execute("SELECT error FROM files WHERE error != '' ORDER BY path")]

    def _look_at(self, key: bytes, path: Path, known: tuple[int, bytes, int, int, bytes] | None) -> None:
        try:
            state = path.stat()
            stamp = state.st_mtime_ns, state.st_size
            if known and known[2:4] == stamp:
                return
            data = path.read_bytes()
        except OSError:  # gone in between
            return
        digest = hashlib.blake2b(data, digest_size=16).digest()
        kept_time = stamp[0] if time.time_ns() - stamp[0] > _RECENT else -1
        with self._db:
            if known and known[4] == digest:
                self._db.execute("UPDATE files SET time = ?, size = ? WHERE id = ?", (kept_time, stamp[1], known[0]))
                return
            if known:
                self._forget(known[0])
            pages, error = _read(path, data)
            row = key, kept_time, stamp[1], digest, error
            cursor = self._db.execute("INSERT INTO files (path, time, size, hash, error) VALUES (?, ?, ?, ?, ?)", row)
            for number, page in enumerate(pages, start=1):
                self._add(cursor.lastrowid, number, page)

    def _add(self, file: int | None, number: int, page: Entries) -> None:
        words = json.dumps([(w.text, w.line, *(round(v, 2) for v in w.box)) for w in page.words], ensure_ascii=False)
        row = file, number, page.width, page.height, words.encode("utf-8", "replace").decode()
        cursor = self._db.execute("INSERT INTO pages (file, number, width, height, words) VALUES (?, ?, ?, ?, ?)", row)
        text = padded([w.text for w in page.words])
        self._db.execute("INSERT INTO texts (rowid, text) VALUES (?, ?)", (cursor.lastrowid, text))

    def _forget(self, file: int) -> None:
        self._db.execute("DELETE FROM texts WHERE rowid IN (SELECT id FROM pages WHERE file = ?)", (file,))
        self._db.execute("DELETE FROM pages WHERE file = ?", (file,))
        self._db.execute("DELETE FROM files WHERE id = ?", (file,))

    def like(self, query: str) -> Iterator[Found]:
        """The pages that share three characters with the `normal` query, those that share the rarest first."""
        any_of = " OR ".join(f'"{t}"' for t in sorted(trigrams(query)))
        rows = self._db.execute(
            "SELECT path, number, width, height, words, text FROM texts JOIN pages ON pages.id = texts.rowid "
            "JOIN files ON files.id = pages.file WHERE texts MATCH ? ORDER BY rank, files.path, number",
            (any_of,),
        )
        for path, number, width, height, words, text in rows:
            read = tuple(Entry(word, line, (x0, y0, x1, y1)) for word, line, x0, y0, x1, y1 in json.loads(words))
            yield Found(self.folder / os.fsdecode(path), number, Entries(width, height, read), text)


def _read(path: Path, data: bytes) -> tuple[list[Entries], str]:
    try:
        return entries(path, data), ""
    except InputError as error:
        return [], str(error)


def _open(path: Path) -> sqlite3.Connection:
    """The database, made anew if of another version. Raises sqlite3.OperationalError if it can't be written."""
    try:
        return _connect(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:  # damaged, or another version's
        path.unlink()
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=60)
    try:
        db.execute("PRAGMA synchronous = OFF")  # after a crash of the machine it is made anew
        with db:
            db.execute("BEGIN IMMEDIATE")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in filter(str.strip, _TABLES.split(";")):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {_VERSION}")
            elif version != _VERSION:
                raise sqlite3.DatabaseError(f"version {version}")
    except BaseException:
        db.close()
        raise
    return db


def _cache_of(folder: Path) -> Path:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "inksight" / f"{hashlib.blake2b(os.fsencode(folder.resolve()), digest_size=8).hexdigest()}.db"

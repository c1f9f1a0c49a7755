"""The playground's server under load: many clients at once, slow, broken and foolish ones among them.

    python -m bench.load                     # 200 uploads by 20 clients, into bench/results/load.md
    python -m bench.load --uploads 40 --clients 8

Every answer to a picture must be what the server said of it before, or 429 with a time to come back, which the client
does; a file that is no picture gets 422. The memory of the server's process is watched; at the end it is told to stop.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

RESULTS = Path(__file__).parent / "results" / "load.md"

PATIENCE = 600
"""Seconds that a client waits for an answer."""

KINDS = ("usual",) * 6 + ("slow", "slow", "leaves", "no picture")
"""Of ten uploads."""

SAMPLE, REST = 0.1, 10.0
"""Seconds between two looks at the memory, and from the last answer to the look at what stays in use."""

Answer = tuple[int, bytes]


@dataclass
class Watch:
    """The memory of a process, in MB, looked at now and then."""

    pid: int
    most: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)

    def now(self) -> float:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def run(self) -> None:
        while not self.over.wait(SAMPLE):
            self.most = max(self.most, self.now())


@contextmanager
def server() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The server's process and its port."""
    command = [sys.executable, "-m", "inksight", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            found = re.search(r"http://localhost:(\d+)/", said)
            if not found:
                raise SystemExit(f"the server says {said!r}")
            yield process, int(found[1])
        finally:
            process.kill()


def pictures() -> list[bytes]:
    """Words and pages of a pen's lines."""
    found = []
    for number in range(4):
        picture, rng = Image.new("L", (160 + 60 * number, 80), 250), random.Random(number)
        for _ in range(2 + number):
            points = [(rng.randrange(15, picture.width - 15), rng.randrange(12, 68)) for _ in range(4)]
            ImageDraw.Draw(picture).line(points, 20, 3)
        file = BytesIO()
        picture.save(file, "PNG")
        found.append(file.getvalue())
    return found


def upload(port: int, data: bytes, pause: float = 0.0, share: float = 1.0) -> Answer | None:
    """The answer to a picture, sent in parts with pauses; None where a client leaves before the end of it."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + data + b"\r\n--b--\r\n"
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.putrequest("POST", "/api/word")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    try:
        step = max(1, len(body) // 5)
        for at in range(0, int(len(body) * share), step):
            connection.send(body[at : at + step])
            time.sleep(pause)
        if share < 1:
            return None
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Clients:
    """What came of the uploads, by kind."""

    def __init__(self, port: int, right: list[tuple[bytes, Answer]]) -> None:
        self.port, self.right = port, right
        self.seen: Counter[tuple[str, str]] = Counter()

    def one(self, number: int) -> None:
        """An upload, repeated while the server is busy."""
        kind = KINDS[number % len(KINDS)]
        data, want = self.right[number % len(self.right)]
        if kind == "no picture":
            data, want = b"no picture" * 99, (422, b"")
        while (got := self._asked(kind, data)) == "busy":
            self.seen[kind, got] += 1
            time.sleep(0.5)
        outcome = "left" if got is None else "right" if _is(got, want) else f"wrong: {got}"
        self.seen[kind, outcome] += 1

    def _asked(self, kind: str, data: bytes) -> Answer | str | None:
        try:
            got = upload(self.port, data, 0.3 if kind == "slow" else 0.0, 0.6 if kind == "leaves" else 1.0)
        except OSError as error:
            return repr(error)
        return "busy" if got and got[0] == 429 else got

    @property
    def wrong(self) -> list[str]:
        return [f"{kind}, {what}" for kind, what in self.seen if what.startswith("wrong")]


def _is(got: Answer | str, want: Answer) -> bool:
    return got == want or (want[0] == 422 and isinstance(got, tuple) and got[0] == 422)


def run(uploads: int, clients: int) -> tuple[str, bool]:
    """The figures as Markdown, and whether all was well."""
    with server() as (process, port):
        right = [(data, _first(port, data)) for data in pictures()]
        watch, crowd = Watch(process.pid), Clients(port, right)
        before, start = watch.now(), time.monotonic()
        watcher = threading.Thread(target=watch.run)
        watcher.start()
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(crowd.one, range(uploads)))
        seconds = time.monotonic() - start
        time.sleep(REST)
        after = watch.now()
        watch.over.set()
        watcher.join()
        process.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        code = process.wait(PATIENCE)
        stop = time.monotonic() - asked
    memory = f"memory {before:.0f} MB before, {watch.most:.0f} MB at most, {after:.0f} MB {REST:.0f} s after"
    head = f"`python -m bench.load --uploads {uploads} --clients {clients}`: {seconds:.0f} s, {memory}; stopped in "
    head += f"{stop:.1f} s with exit code {code}."
    rows = [f"| {kind} | {what} | {times} |" for (kind, what), times in sorted(crowd.seen.items())]
    table = "| uploads | answer | times |\n| --- | --- | --- |"
    return "\n".join(["# The server under load\n", f"{head}\n", table, *rows, ""]), not crowd.wrong and code == 0


def _first(port: int, data: bytes) -> Answer:
    """The answer to a picture while nobody else asks."""
    answer = upload(port, data)
    if answer is None or answer[0] != 200:
        raise SystemExit(f"the server answers {answer}")
    return answer


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--clients", type=int, default=20)
    given = parser.parse_args()
    text, good = run(given.uploads, given.clients)
    RESULTS.write_text(text)
    print(text)
    raise SystemExit(not good)


if __name__ == "__main__":
    main()

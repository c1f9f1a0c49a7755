"""The server as it runs: many at once, senders that dawdle, visitors who leave, and its end."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from PIL import Image

from inksight.ink import Page
from inksight.layout.rapidocr import RapidOcr
from inksight.web import work
from inksight.web.limits import Limits
from tests.programs import PATIENCE
from tests.web.serving import served, soon

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


def picture(width, source="word.jpg", box=None):
    out = BytesIO()
    whole = Image.open(EXAMPLES / source).crop(box)
    whole.resize((width, round(width * whole.height / whole.width))).save(out, "PNG")
    return out.getvalue()


def memory():
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_SIZE


def test_twenty_at_once_are_all_answered_right():
    asks = [("word", picture(260)), ("word", picture(400)), ("convert", picture(240, box=(60, 20, 500, 190)))]
    asks.append(("convert", picture(270, "page.jpg", (150, 300, 420, 400))))
    with served() as port:

        def ask(kind, data):
            answer = httpx.post(f"http://127.0.0.1:{port}/api/{kind}", files={"file": data}, timeout=PATIENCE)
            return answer.status_code, answer.json()

        right = [ask(*each) for each in asks]
        before, most, over = memory(), [0], threading.Event()

        def watch():
            while not over.wait(0.02):
                most[0] = max(most[0], memory())

        watcher = threading.Thread(target=watch)
        watcher.start()
        with ThreadPoolExecutor(20) as visitors:
            answers = list(visitors.map(lambda i: ask(*asks[i % 4]), range(20)))
        over.set()
        watcher.join()
    assert {status for status, _ in right} == {200}
    assert all(document["words"] for _, document in right)
    assert answers == [right[i % 4] for i in range(20)]
    assert most[0] - before < 400 * 2**20


class Engine:
    """Stands in for RapidOCR, and notices when it is used by two at once."""

    text_det = text_rec = None

    def __init__(self):
        self.inside = self.most = 0

    def __call__(self, *_, **__):
        self.inside += 1
        self.most = max(self.most, self.inside)
        time.sleep(0.02)
        self.inside -= 1
        return SimpleNamespace(txts=None, boxes=None)


def test_threads_take_turns_with_the_detector():
    detector, engine = RapidOcr(), Engine()
    detector._engine = engine
    rgb = np.zeros((40, 40, 3), np.uint8)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda i: (detector, detector.lines)[i % 2](rgb), range(8)))
    assert engine.most == 1


class Work:
    """Stands in for the tracing of a page, and goes on until it is told to stop."""

    def __init__(self):
        self.begun = self.ended = 0
        self.go = threading.Event()

    def __call__(self, picture, wish, ticket, tell):
        self.begun += 1
        try:
            while not self.go.wait(0.01):
                ticket.check()
            return Page(picture.width, picture.height), []
        finally:
            self.ended += 1


@pytest.fixture
def endless(monkeypatch):
    endless = Work()
    monkeypatch.setattr(work, "convert", endless)
    yield endless
    endless.go.set()


def upload(port, data=picture(60), accept="*/*"):  # noqa: B008
    """A connection on which a picture has been sent."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + data + b"\r\n--b--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Accept": accept}
    connection.request("POST", "/api/convert", body, headers)
    return connection


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_work_ends_when_its_visitor_leaves(endless, accept):
    with served() as port:
        connection = upload(port, accept=accept)
        assert soon(lambda: endless.begun == 1)
        time.sleep(0.1)
        assert endless.ended == 0
        connection.close()
        if accept == "text/event-stream":
            connection.sock = None
        assert soon(lambda: endless.ended == 1)


def test_a_full_server_says_when_to_come_back(endless):
    with served(Limits(workers=1, waiting=1)) as port:
        first = upload(port)
        assert soon(lambda: endless.begun == 1)
        second = upload(port)
        assert soon(lambda: httpx.post(f"http://127.0.0.1:{port}/api/convert").status_code == 429)
        third = upload(port).getresponse()
        assert third.status == 429
        assert int(third.headers["Retry-After"]) > 0
        assert "busy" in json.loads(third.read())["error"]
        endless.go.set()
        assert first.getresponse().status == second.getresponse().status == 200
        assert upload(port).getresponse().status == 200


def test_who_left_while_waiting_takes_no_place(endless):
    with served(Limits(workers=1, waiting=1)) as port:
        first = upload(port)
        assert soon(lambda: endless.begun == 1)
        second = upload(port)
        assert soon(lambda: httpx.post(f"http://127.0.0.1:{port}/api/convert").status_code == 429)
        second.close()
        assert soon(lambda: httpx.post(f"http://127.0.0.1:{port}/api/convert").status_code == 422)  # it has no picture
        assert endless.begun == 1
        assert endless.ended == 0
        first.close()


def test_work_that_takes_too_long(endless):
    with served(Limits(work_seconds=0.2)) as port:
        answer = upload(port).getresponse()
        assert answer.status == 422
        assert "too long" in json.loads(answer.read())["error"]
        assert soon(lambda: endless.ended == 1)


def test_slow_senders_are_sent_away_and_hold_up_nobody():
    with served(Limits(upload_seconds=1.0)) as port:
        slow_heads = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]
        slow_body = socket.create_connection(("127.0.0.1", port))
        head = b"POST /api/convert HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        slow_body.sendall(head + b"Content-Length: 100000\r\n\r\n--b\r\n")
        for one in slow_heads:
            one.sendall(b"GET /healthz HT")
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        slow_body.settimeout(PATIENCE)
        answer = slow_body.recv(10_000)
        assert answer.startswith(b"HTTP/1.1 408")
        for one in slow_heads:
            one.settimeout(PATIENCE)
            assert one.recv(10_000) == b""
            one.close()
        slow_body.close()


def test_a_huge_body_is_refused_before_it_is_sent():
    with served() as port, socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(b"POST /api/convert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
        assert client.recv(10_000).startswith(b"HTTP/1.1 413")


def test_the_command_starts_and_stops():
    command = [sys.executable, "-c", "from inksight.cli import main; main()", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline()
            address = re.search(r"http://localhost:\d+/", said)[0]
            assert "Ctrl-C" in said
            with urllib.request.urlopen(address) as page:
                assert b"<title>InkSight</title>" in page.read()
        finally:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in errors


def test_a_taken_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-c", "from inksight.cli import main; main()", "serve", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr

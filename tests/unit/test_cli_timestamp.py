"""Timestamps: a token over the head's text, asked over the network or by a file, kept in the log, checked later."""

from __future__ import annotations

import base64
import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archief.cli.main import run
from archief.cli.session import Session
from archief.keys import Cost
from tests.cli import transcript
from tests.conftest import Requires
from tests.founding import seeded

Archief = Callable[..., int]

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[extensions]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
"""


def openssl(*words: str, cwd: Path) -> None:
    subprocess.run(["openssl", *words], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory, requires: Requires) -> Path:
    """A timestamp authority of our own: a root certificate and a signer below it, made with openssl."""
    requires("openssl", shutil.which("openssl") is not None, "openssl is not installed")
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    root = ("-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Test root", "-days", "9000")
    openssl("req", "-x509", *new, *root, "-config", "/dev/null", "-extensions", "ca", "-config", "tsa.cnf", cwd=folder)
    openssl("req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA", cwd=folder)
    signer = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "9000")
    extensions = ("-extfile", "tsa.cnf", "-extensions", "extensions")
    openssl("x509", "-req", "-in", "tsa.csr", *signer, "-out", "tsa.pem", *extensions, cwd=folder)
    return folder


def reply(folder: Path, request: Path, answer: Path) -> None:
    """What the authority answers to a request."""
    made = ("-queryfile", str(request), "-signer", "tsa.pem", "-inkey", "tsa.key", "-chain", "root.pem")
    openssl("ts", "-reply", "-config", "tsa.cnf", *made, "-out", str(answer), cwd=folder)


@pytest.fixture
def server(authority: Path, tmp_path: Path) -> Iterator[str]:
    """The authority behind HTTP, on this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            (tmp_path / "asked.tsq").write_bytes(asked)
            reply(authority, tmp_path / "asked.tsq", tmp_path / "answer.tsr")
            self.send_response(200)
            self.end_headers()
            answer = (tmp_path / "answer.tsr").read_bytes()
            self.wfile.write(answer if self.path == "/tsr" else b"nonsense")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}/tsr"
        httpd.shutdown()
        thread.join()


@pytest.fixture
def archief(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archief:
    monkeypatch.chdir(tmp_path)
    transcript.begin("founded.txt", kept)
    entropy = seeded("timestamp")

    def ran(*words: str) -> int:
        environ = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
        session = Session(environ, lambda: transcript.BEGIN.replace(hour=12), entropy, Cost(log2_n=10))
        return run([*words], session)

    return ran


def test_a_token_from_the_network_is_kept_and_checked(
    archief: Archief, server: str, authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == archief("timestamp", "--tsa", server, "--as", "archivaris", "--ca", str(authority / "root.pem"))
    assert 0 == archief("timestamp", "--verify", "--ca", str(authority / "root.pem"))
    assert "127.0.0.1" in capsys.readouterr().out
    assert Path("events/public/checkpoints/000000000013").exists()
    assert 0 == archief("verify", "-q")


def test_a_token_goes_by_files_too_and_openssl_agrees(
    archief: Archief, authority: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == archief("timestamp", "--request", "head.tsq")
    reply(authority, tmp_path / "head.tsq", tmp_path / "head.tsr")
    (tmp_path / "head.txt").write_bytes(
        b"\n".join(Path("events/public/checkpoint").read_bytes().split(b"\n")[:3]) + b"\n"
    )
    checked = ("-data", str(tmp_path / "head.txt"), "-in", str(tmp_path / "head.tsr"), "-CAfile", "root.pem")
    openssl("ts", "-verify", *checked, cwd=authority)
    taken = ("timestamp", "--token", "head.tsr", "--authority", "Test TSA", "--as", "archivaris")
    capsys.readouterr()
    assert 0 == archief(*taken, "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out)["dry_run"]
    assert 0 == archief(*taken)
    assert 0 == archief("timestamp", "--verify", "--json")
    entries = map(json.loads, Path("events/log/000000000000.jsonl").read_text().splitlines())
    token = next(one["facts"]["token"] for one in entries if one["type"] == "timestamp_obtained.v1")
    (tmp_path / "token.der").write_bytes(base64.b64decode(token))
    alone = ("-data", str(tmp_path / "head.txt"), "-in", str(tmp_path / "token.der"), "-token_in")
    openssl("ts", "-verify", *alone, "-CAfile", "root.pem", cwd=authority)


def test_a_token_over_another_head_is_refused(archief: Archief, authority: Path, tmp_path: Path) -> None:
    assert 0 == archief("timestamp", "--request", "head.tsq")
    reply(authority, tmp_path / "head.tsq", tmp_path / "head.tsr")
    assert 0 == archief("--as", "archivaris", "role", "grant", "Kluis", "griffie")
    assert 34 == archief("timestamp", "--token", "head.tsr", "--as", "archivaris")


def test_a_token_under_another_root_is_refused(archief: Archief, server: str, authority: Path, tmp_path: Path) -> None:
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Other")
    openssl("req", "-x509", *new, "-keyout", "other.key", "-out", "other.pem", cwd=tmp_path)
    assert 34 == archief("timestamp", "--tsa", server, "--as", "archivaris", "--ca", "other.pem")


@pytest.mark.parametrize("where", ["nonsense", "nowhere"])
def test_an_authority_that_answers_nothing_useful_changes_nothing(where: str, archief: Archief, server: str) -> None:
    before = Path("events/log/000000000000.jsonl").read_bytes()
    url = server.replace("/tsr", "/nonsense") if where == "nonsense" else "http://127.0.0.1:1/tsr"
    assert {"nonsense": 20, "nowhere": 23}[where] == archief("timestamp", "--tsa", url, "--as", "archivaris")
    assert before == Path("events/log/000000000000.jsonl").read_bytes()


@pytest.mark.parametrize("words", [(), ("--tsa", "ftp://x"), ("--tsa", "http://x", "--verify")])
def test_what_cannot_be_asked_is_a_usage_error(words: tuple[str, ...], archief: Archief) -> None:
    assert 2 == archief("timestamp", *words)


def test_no_timestamps_is_no_error(archief: Archief, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == archief("timestamp", "--verify")
    assert "no timestamps" in capsys.readouterr().out

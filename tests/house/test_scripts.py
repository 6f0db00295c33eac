"""The two commands of the README refuse clearly, set up once, and never take a broken set-up for a whole one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("cat", "chmod", "cksum", "dirname", "ln", "mkdir", "mv", "readlink", "rm", "sh", "sleep", "tr")

OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_ENSUREPIP = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n'
# Answers the probes, and makes a "virtual environment" whose pip notes that it was called.
WORKING = """#!/bin/sh
[ "$1 $2" != "-m venv" ] && exit 0
mkdir -p "$3/bin"
cat >"$3/bin/python" <<'END'
#!/bin/sh
[ "$1 $2" != "-m pip" ] && exit 0
here=$(dirname "$0")
echo "$PIP_CONSTRAINT $*" >>"$here/../installed"
[ -z "${FAKE_PIP_SLEEPS-}" ] || sleep "$FAKE_PIP_SLEEPS"
[ -z "${FAKE_PIP_FAILS-}" ] || exit 1
printf '#!/bin/sh\\necho "archief $*"\\necho "keys $ARCHIEF_KEYS state $ARCHIEF_STATE"\\n' >"$here/archief"
chmod +x "$here/archief"
END
chmod +x "$3/bin/python"
"""


class Checkout:
    """A copy of the scripts with a made-up Python in front of them and no other one in PATH."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "check out"
        self.bin = folder / "bin"
        self.bin.mkdir()
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.root)
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, f"{tool} is not in PATH"
            (self.bin / tool).symlink_to(found)

    def python(self, program: str, name: str = "python3") -> None:
        path = self.bin / name
        path.write_text(program)
        path.chmod(0o755)

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        environment = {"PATH": str(self.bin), "HOME": os.environ["HOME"], **settings}
        return subprocess.Popen(
            [self.root / "scripts" / "run", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Started in the background of a shell, tests have an interrupt ignored, and so would what they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
        )

    def run(self, *arguments: str, **settings: str) -> tuple[int, str, str]:
        started = self.start(*arguments, **settings)
        out, err = started.communicate(timeout=60)
        return started.returncode, out, err

    def installed(self) -> list[str]:
        log = self.root / ".venv" / "installed"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_an_old_python_is_refused_with_what_to_do(checkout: Checkout) -> None:
    checkout.python(OLD)
    status, out, err = checkout.run("list")
    assert (1, "") == (status, out)
    assert "no Python 3.11 or newer found" in err
    assert "PYTHON=" in err
    assert not (checkout.root / ".venv.lock").is_symlink()


def test_a_python_without_ensurepip_is_refused_and_the_package_named(checkout: Checkout) -> None:
    checkout.python(WITHOUT_ENSUREPIP)
    status, out, err = checkout.run("list")
    assert (1, "") == (status, out)
    assert "apt-get install python3-venv" in err


def test_a_python_without_ensurepip_is_passed_over_for_one_that_has_it(checkout: Checkout) -> None:
    checkout.python(WITHOUT_ENSUREPIP, "python3.13")
    checkout.python(WORKING)
    assert 0 == checkout.run("list")[0]


def test_a_named_python_is_the_only_one_tried(checkout: Checkout) -> None:
    checkout.python(WORKING)
    checkout.python(OLD, "my-python")
    status, _, err = checkout.run("list", PYTHON="my-python")
    assert 1 == status
    assert "tried: my-python" in err


def test_setting_up_is_done_once_with_pins_and_says_so_once(checkout: Checkout) -> None:
    checkout.python(WORKING)
    first, second = checkout.run("show", "2021-01477"), checkout.run("show", "2021-01477")
    assert (0, 0) == (first[0], second[0])
    assert "archief show 2021-01477\n" in first[1]
    assert first[1] == second[1]
    assert 1 == first[2].count("setting up")
    assert "" == second[2]
    (call,) = checkout.installed()
    assert call.startswith(f"{checkout.root}/constraints.txt ")
    assert call.endswith(f"install --editable {checkout.root}[all]")


def test_keys_and_state_stay_in_the_checkout_unless_told_otherwise(checkout: Checkout, tmp_path: Path) -> None:
    checkout.python(WORKING)
    assert f"keys {checkout.root}/.venv/keys state {checkout.root}/.venv/state" in checkout.run("list")[1]
    told = checkout.run("list", ARCHIEF_KEYS="k", ARCHIEF_STATE="s")
    assert "keys k state s" in told[1]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_change_of_pins_sets_up_again_and_keeps_the_keys(checkout: Checkout, name: str) -> None:
    checkout.python(WORKING)
    checkout.run("list")
    key = checkout.root / ".venv" / "keys" / "secretaris"
    key.parent.mkdir()
    key.touch()
    with (checkout.root / name).open("a") as file:
        file.write("# changed\n")
    checkout.run("list")
    assert 2 == len(checkout.installed())
    assert key.exists()


def test_a_moved_checkout_sets_up_again_and_keeps_the_keys(checkout: Checkout) -> None:
    checkout.python(WORKING)
    checkout.run("list")
    key = checkout.root / ".venv" / "keys" / "secretaris"
    key.parent.mkdir()
    key.touch()
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    assert 0 == checkout.run("list")[0]
    assert 2 == len(checkout.installed())
    assert (checkout.root / ".venv" / "keys" / "secretaris").exists()


def test_a_failed_installation_is_said_and_done_again(checkout: Checkout) -> None:
    checkout.python(WORKING)
    status, out, err = checkout.run("list", FAKE_PIP_FAILS="1")
    assert (1, "") == (status, out)
    assert "setting up failed" in err
    assert 0 == checkout.run("list")[0]
    assert 2 == len(checkout.installed())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_an_interrupted_installation_is_done_again(checkout: Checkout, how: signal.Signals) -> None:
    checkout.python(WORKING)
    started = checkout.start("list", FAKE_PIP_SLEEPS="20")
    deadline = time.monotonic() + 60
    while not checkout.installed() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)  # a signal that comes while dash starts its `sleep` is lost on that: then it sleeps on, alone
    os.killpg(started.pid, how)
    started.communicate(timeout=120)
    assert 0 != started.returncode
    assert 0 == checkout.run("list")[0]
    assert 2 == len(checkout.installed())


def test_two_started_at_once_install_once(checkout: Checkout) -> None:
    checkout.python(WORKING)
    both = [checkout.start("list", FAKE_PIP_SLEEPS="1") for _ in range(2)]
    answers = [each.communicate(timeout=60) for each in both]
    assert [0, 0] == [each.returncode for each in both], answers
    assert 1 == len(checkout.installed())


def test_without_arguments_the_sample_is_verified_replayed_and_listed(checkout: Checkout) -> None:
    checkout.python(WORKING)
    status, out, _ = checkout.run()
    verbs = [line.split()[-1] for line in out.splitlines() if line.startswith("archief ")]
    assert 0 == status
    assert ["verify", "replay", "list"] == verbs


def test_the_test_script_refuses_what_it_does_not_know(checkout: Checkout) -> None:
    ran = subprocess.run([ROOT / "scripts" / "test", "--quick"], capture_output=True, check=False, text=True)
    assert 2 == ran.returncode
    assert "--quick" in ran.stderr

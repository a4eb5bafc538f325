"""What README and guides say is so: their commands exist, their paths too, and `./wederdienst` runs."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from services.region.cli import app

PROJECT = Path(__file__).parent.parent
SCRIPT = PROJECT / "wederdienst"
PAGES = (
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "GOVERNANCE.md", "deploy/README.md"),
    *(file.relative_to(PROJECT).as_posix() for file in sorted((PROJECT / "docs").glob("*.md"))),
    *(
        file.relative_to(PROJECT).as_posix()
        for folder in ("organisatie", "developing", "runbooks")
        for file in sorted((PROJECT / "docs" / folder).glob("*.md"))
    ),
)
COMMAND = re.compile(r"(?<![\w/-])(?:\./)?wederdienst ([a-z][a-z-]*(?: [a-z]+)?)((?: [^`|\n]*)?)")


def text_of(page: str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


def code_of(page: str) -> Iterator[str]:
    """Lines of code blocks, and what stands between backticks."""
    text = text_of(page)
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    rest = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", rest)
    yield from re.findall(r"^ {4}(\S.*)$", rest, re.MULTILINE)


def commands_of(page: str) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Every command a page names, with its options: (("park", "retry"), ("--lane",))."""
    found = set()
    for line in code_of(page):
        for words, rest in COMMAND.findall(line):
            path = tuple(words.split())
            if len(path) == 2 and not is_command(path):
                path = path[:1]
            found.add((path, tuple(re.findall(r"--[a-z-]+", rest))))
    return found


def is_command(path: tuple[str, ...]) -> bool:
    here = app
    for word in path:
        if word not in list(here):
            return False
        here = here[word]
    return True


NAMED = sorted({(page, *command) for page in PAGES for command in commands_of(page)})


def test_the_pages_name_commands_at_all() -> None:
    """The tests below would be glad with nothing."""
    words = {path[0] for _, path, _ in NAMED}
    assert {"demo", "test", "up", "serve", "migrate", "import", "verify", "rebuild", "backup"} <= words
    assert {"restore", "recover", "region"} <= words
    assert {"events", "park"} <= words
    assert ("docs/operating.md", ("park", "retry"), ("--lane",)) in NAMED


@pytest.mark.parametrize(("page", "path", "options"), NAMED, ids=lambda part: str(part))
def test_a_command_that_is_named_exists_and_explains_itself(
    page: str, path: tuple[str, ...], options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert is_command(path), f"{page} names `wederdienst {' '.join(path)}`, which does not exist"
    app([*path, "--help"], result_action="return_value")
    told = capsys.readouterr().out
    assert "Usage" in told
    for option in options:
        assert option in told, f"{page}: `wederdienst {' '.join(path)}` has no {option}"


def test_the_table_of_commands_names_every_command() -> None:
    of_the_readme = {path[0] for page, path, _ in NAMED if page == "README.md"}
    commands = {name for name in app if not name.startswith("-")}
    assert commands <= of_the_readme, "README.md leaves out a command"
    park = text_of("README.md")
    assert all(f"`{name}`" in park or f"park {name}`" in park for name in ("list", "show", "retry"))


# ---- paths


def paths_of(page: str) -> set[str]:
    """Every file and folder of the project that a page names, links too."""
    text = text_of(page)
    folder = (PROJECT / page).parent
    found = {os.path.relpath(folder / link, PROJECT) for link in re.findall(r"\]\(([^)#:]+)\)", text)}
    named = r"(?<![\w./-])((?:contracts|services|tests|docs|deploy)/[\w./-]*(?:\{[\w,]+\}[\w./-]*)?)"
    for path in re.findall(named, text):
        before, brace, after = path.partition("{")
        for one in after.partition("}")[0].split(",") if brace else [""]:
            found.add((before + one + after.partition("}")[2]).rstrip("."))
    return found


def house() -> set[str]:
    """The paths of README's picture of the house: what stands deeper is inside what stands above it."""
    (block,) = re.findall(r"^## The house\n+```\n(.*?)^```", text_of("README.md"), re.MULTILINE | re.DOTALL)
    found: set[str] = set()
    above: list[str] = []
    for line in block.splitlines():
        names = re.match(r"( *)((?:[\w.]+(?:/|\.py) ?)+)", line)
        assert names, f"README.md, the house: {line!r} names no path"
        above = above[: len(names[1]) // 2]
        paths = ["".join([*above, name]) for name in names[2].split()]
        found.update(paths)
        above.append(names[2].split()[0])
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_is_named_exists(page: str) -> None:
    assert sorted(path for path in paths_of(page) if not (PROJECT / path).exists()) == []


def test_the_house_is_as_it_is_drawn() -> None:
    drawn = house()
    assert {"contracts/schemas/", "services/kernel/", "tests/"} <= drawn
    assert sorted(path for path in drawn if not (PROJECT / path).is_dir()) == []
    # And no room was forgotten.
    for folder in ("", "services/"):
        there = {f"{folder}{each.name}/" for each in (PROJECT / folder).iterdir() if _room(each)}
        assert there - drawn <= {"docs/"}, "README.md leaves out a folder"
    (tests,) = re.findall(r"^tests/ +(.*)$", text_of("README.md"), re.MULTILINE)
    assert [name for name in tests.split(", ") if not (PROJECT / "tests" / name).is_dir()] == []


def _room(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith((".", "_")) and any(folder.rglob("*.[mps][dyq]*"))


# ---- the script


def shells() -> list[str]:
    return [shell for shell in ("sh", "dash", "busybox") if shutil.which(shell)]


@pytest.mark.parametrize("shell", shells())
def test_the_script_is_plain_sh(shell: str) -> None:
    command = [shell, "sh"] if shell == "busybox" else [shell]
    subprocess.run([*command, "-n", str(SCRIPT)], check=True, timeout=10)
    assert SCRIPT.read_text().startswith("#!/bin/sh\n")
    assert SCRIPT.stat().st_mode & stat.S_IXUSR
    bashisms = re.findall(r"\[\[|\bfunction\b|\blocal\b|<<<|\$\{\w+[,^]|\bsource\b|==", SCRIPT.read_text())
    assert not bashisms


def run(
    script: Path, *arguments: str, path: str, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(script), *arguments],
        cwd=cwd,
        env={"PATH": path, "HOME": str(cwd), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def program(file: Path, *lines: str) -> None:
    """A small program in sh."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(0o755)


TELLS = (
    'echo "as=$0"',
    'echo "in=$(pwd -P)"',
    'echo "from=$WEDERDIENST_FROM"',
    'for argument in "$@"; do echo "[$argument]"; done',
)
"""What stands in for uv here says how it was called."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The script alone in a folder with a space in its name."""
    script = tmp_path / "a project" / "wederdienst"
    script.parent.mkdir()
    shutil.copy(SCRIPT, script)
    return script


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with the few programs that the script needs, and no uv."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname", "mkdir", "cat", "chmod", "env", "rm", "mv", "sed", "uname"):
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return folder


def test_it_works_from_any_folder_and_passes_arguments_as_they_are(
    tmp_path: Path, copy: Path, tools: Path
) -> None:
    program(tools / "uv", '[ "$1" = --version ] && exit 0', *TELLS, "exit 7")
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    ran = run(copy, "events", "--name", "a b", "", "*", path=str(tools), cwd=elsewhere)
    assert ran.returncode == 7
    project = copy.parent.resolve()
    lines = ran.stdout.splitlines()
    assert f"in={project}" in lines
    assert f"from={elsewhere.resolve()}" in lines
    called = [line for line in lines if line.startswith("[")]
    assert called[called.index("[wederdienst]") :] == [
        "[wederdienst]",
        *("[events]", "[--name]", "[a b]", "[]", "[*]"),
    ]
    assert not (project / ".tools").exists()


FAKE_PIP = (
    # python3 -m pip install … --target DIR … uv
    'echo "pip $*" >> "$HOME/calls"',
    'while [ $# -gt 0 ]; do [ "$1" = --target ] && target=$2; last=$1; shift; done',
    '[ "$last" = uv ] || exit 3',
    'mkdir -p "$target/bin"',
    "echo noise from pip",
    'cat > "$target/bin/uv" <<"UV"',
    "#!/bin/sh",
    '[ "$1" = --version ] && exit 0',
    *TELLS,
    "UV",
    'chmod +x "$target/bin/uv"',
)


@pytest.mark.parametrize("uv", ["absent", "broken"])
def test_without_a_uv_that_works_it_fetches_one_once_with_pip(
    tmp_path: Path, copy: Path, tools: Path, uv: str
) -> None:
    if uv == "broken":
        # As pyenv's shim is, for a Python that has none.
        program(tools / "uv", "echo 'uv: command not found' >&2", "exit 127")
    program(tools / "python3", *FAKE_PIP)
    first = run(copy, "--help", path=str(tools), cwd=tmp_path)
    again = run(copy, "--help", path=str(tools), cwd=tmp_path)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    # On standard output is the command's own answer and nothing else: it may be JSON.
    assert first.stdout == again.stdout
    assert first.stdout.startswith("as=")
    assert f"as={copy.parent.resolve()}/.tools/bin/uv" in first.stdout
    assert "fetching uv" in first.stderr
    assert again.stderr == ""
    assert len((tmp_path / "calls").read_text().splitlines()) == 1


def test_without_pip_it_says_what_to_do(tmp_path: Path, copy: Path, tools: Path) -> None:
    program(tools / "python3", "echo 'No module named pip' >&2", "exit 1")
    ran = run(copy, "--help", path=str(tools), cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "Install Python 3 with pip, or uv itself" in ran.stderr
    (tools / "python3").unlink()
    assert run(copy, "--help", path=str(tools), cwd=tmp_path).returncode == 1


def test_the_real_one_explains_itself_from_another_folder(tmp_path: Path) -> None:
    own = PROJECT / ".tools/bin/uv"
    uv = shutil.which("uv")
    # A pyenv shim is there for every Python, and fails for those that have no uv.
    works = uv and subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0
    if not works and not own.exists():
        pytest.skip("neither uv on PATH nor one fetched before: the next test of the long form fetches one")
    # In the environment these tests run in, as it is: nothing is installed or removed.
    environment = {**os.environ, "UV_NO_SYNC": "1", "UV_PROJECT_ENVIRONMENT": sys.prefix}
    ran = subprocess.run(
        [str(SCRIPT), "--help"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert all(name in ran.stdout for name in ("demo", "test", "verify", "park"))


@pytest.mark.long
def test_the_real_pip_fetches_a_real_uv(tmp_path: Path, copy: Path, tools: Path) -> None:
    # Not the one of this environment, which may have no pip, but the one it was made from.
    python = Path(sys.base_prefix) / "bin/python3"
    (tools / "python3").symlink_to(python)
    if subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("this Python has no pip")
    ran = run(copy, "--help", path=str(tools), cwd=tmp_path)
    # There is no project beside the copy, so uv has nothing to run; that it is there is the point.
    assert ran.returncode != 0
    subprocess.run([str(copy.parent / ".tools/bin/uv"), "--version"], check=True, capture_output=True)


# ---- what others read of the project


def test_publiccode_says_what_the_package_says() -> None:
    said = yaml.safe_load(text_of("publiccode.yml"))
    package = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert said["name"].lower() == package["name"]
    assert said["softwareVersion"] == package["version"]
    assert said["legal"]["license"] == package["license"]
    assert {"nl", "en"} == set(said["description"]) == set(said["localisation"]["availableLanguages"])
    for words in said["description"].values():
        assert len(words["shortDescription"]) <= 150
        assert 150 <= len(words["longDescription"]) <= 10_000
        assert words["features"]


def test_pages_of_the_documentation_bring_nothing_from_elsewhere(tmp_path: Path) -> None:
    """No fonts, scripts or styles of other servers: links may lead there, a page may not ask them."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, check=True, timeout=60)
    asks = re.compile(r"<(?:link|script|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//[^>]+>")
    for page in tmp_path.rglob("*.html"):
        found = [tag for tag in asks.findall(page.read_text(encoding="utf-8")) if "canonical" not in tag]
        assert not found, f"{page.name}: {found}"

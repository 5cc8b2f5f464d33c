"""What lets glassy run on Linux, macOS and Windows alike, as far as it shows on one of them."""

import ast
import re
import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from glassy_core.commands.main import _commands

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = sorted(
    path
    for place in ("glassy_core", "pages", "data", ".ci", "app.py")
    for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
)
README = (ROOT / "README.md").read_text(encoding="utf-8")

# In an interpreter that has all other libraries, glassy_core is loaded anew as on Windows: by that platform's name, and
# without the functions and modules that only POSIX has.
ON_WINDOWS = """
import builtins, importlib, os, pkgutil, platform, sys
import glassy_core
names = [m.name for m in pkgutil.walk_packages(glassy_core.__path__, "glassy_core.") if "__main__" not in m.name]
for name in names:
    importlib.import_module(name)
for name in [name for name in sys.modules if name.split(".")[0] == "glassy_core"]:
    del sys.modules[name]
platform.uname()
sys.platform = "win32"
for name in "fork forkpty uname getuid geteuid getgid nice getpriority killpg setsid getsid getpgid statvfs chown \\
    wait sysconf getloadavg sched_getaffinity mkfifo O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_CLOEXEC".split():
    if hasattr(os, name):
        delattr(os, name)
LACKING = "fcntl pwd grp resource termios posix pty tty syslog readline curses crypt spwd nis".split()
load = builtins.__import__
def load_as_there(name, globals=None, *rest):
    of_ours = (globals or {}).get("__name__", "").split(".")[0] == "glassy_core"
    if of_ours and name.split(".")[0] in LACKING:
        raise ImportError(f"{globals['__name__']} loads {name}")
    return load(name, globals, *rest)
builtins.__import__ = load_as_there
try:
    exec("import fcntl", {"__name__": "glassy_core.made_up"})
except ImportError:
    pass
else:
    raise SystemExit("nothing is kept back")
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_no_module_needs_posix_to_be_loaded():
    command = [sys.executable, "-c", ON_WINDOWS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    modules = [*(ROOT / "glassy_core").rglob("*.py")]
    assert int(done.stdout) == len(modules) - 2  # without the package itself and its __main__


def without_encoding(tree):
    """Calls that read or write text without saying in which encoding, where every system has a default of its own."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        options = {keyword.arg for keyword in node.keywords}
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        mode = ast.unparse(node.args[1]) if len(node.args) > 1 else ""
        is_text = (
            name in ("read_text", "write_text")
            or (isinstance(node.func, ast.Name) and name == "open" and "b" not in mode)
            or (name in ("run", "Popen", "check_output") and {"text", "universal_newlines"} & options)
        )
        if is_text and "encoding" not in options:
            yield f"line {node.lineno}: {ast.unparse(node)[:80]}"


def written_as_text(tree):
    """Calls that write text, whose lines end otherwise on Windows: what is kept must be the same bytes everywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            mode = ast.unparse(node.args[1]) if isinstance(node.func, ast.Name) and len(node.args) > 1 else ""
            if name == "write_text" or (name == "open" and set(mode) & set("wax+") and "b" not in mode):
                yield f"line {node.lineno}: {ast.unparse(node)[:80]}"


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_text_has_an_encoding_and_what_is_kept_is_bytes(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [*without_encoding(tree), *written_as_text(tree)] == []


def test_what_the_rules_would_find():
    text = "open(p)\nopen(p, 'w')\np.read_text()\nrun(c, text=True)\nopen(p, 'rb')\np.read_text(encoding='utf-8')\n"
    found = [line.split(":")[0] for line in without_encoding(ast.parse(text))]
    assert found == ["line 1", "line 2", "line 3", "line 4"]
    text = "open(p, 'a', encoding='utf-8')\np.write_text(t, encoding='utf-8')\nopen(p, 'ab')\nopen(p)\n"
    assert [line.split(":")[0] for line in written_as_text(ast.parse(text))] == ["line 1", "line 2"]


# The files themselves.


def git(*words):
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        pytest.skip(f"This is no checkout: {done.stderr.strip()}")
    return done.stdout


def test_a_checkout_has_the_same_bytes_where_git_would_translate_line_ends(tmp_path):
    """Git on Windows writes \\r\\n unless told otherwise; the digests of data and kernels are of the bytes."""
    git("clone", "--quiet", "--shared", "--config", "core.autocrlf=true", str(ROOT), str(tmp_path / "clone"))
    listed = git("-C", str(tmp_path / "clone"), "ls-files", "--eol")
    assert len(listed.splitlines()) > 100
    assert [line for line in listed.splitlines() if "w/crlf" in line or "w/mixed" in line] == []


def test_every_name_is_one_that_windows_can_have():
    names = git("ls-files", "-z").rstrip("\0").split("\0")
    reserved = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
    for name in names:
        assert not re.search(r'[<>:"|?*\\\x00-\x1f]', name), name
        assert len(name) < 160, name  # of the 260 that a whole path may have
        for part in name.split("/"):
            assert not part.endswith((".", " ")), name
            assert not reserved.fullmatch(part), name
    assert len({name.lower() for name in names}) == len(names)


# The README's lines for PowerShell, word for word. What they call is looked at, since it cannot be called here.


def powershell_lines():
    """The indented lines of the README that are PowerShell's: each names Scripts, or Windows' launcher of Python."""
    lines = [line.strip() for line in README.splitlines() if line.startswith("    ")]
    return [line.split("  #")[0].rstrip() for line in lines if re.match(r"py |\.venv\\|\$env:", line)]


def words_of(line):
    """The words of a line, in which a backslash is a letter."""
    return shlex.split(line.replace("\\", "\\\\"))


def check_arguments(words):
    """That what follows a Python of the environment is there: a module with such options, files to install from."""
    assert words[0] == "-m"
    module, rest = words[1], words[2:]
    if module == "pip":
        assert rest[:2] == ["install", "-r"]
        assert (ROOT / rest[2]).exists()
        assert len(rest) == 3
    elif module == "glassy_core":
        _commands().parser.parse_args(rest)
    elif module == "pytest":
        assert rest == []
    else:
        pytest.fail(f"{module} is not looked at")


@pytest.mark.parametrize("line", powershell_lines())
def test_what_a_line_for_powershell_calls_is_there(line):
    *settings, line = line.split("; ")
    for setting in settings:
        assert re.fullmatch(r"\$env:GLASSY_\w+ = '[^']*'", setting)
    words = words_of(line)
    if words[0] == "py":
        assert words == ["py", "-3.11", "-m", "venv", ".venv"]
    elif words[0] == r".venv\Scripts\python":
        check_arguments(words[1:])
    else:  # a script that an installed package brings
        assert words == [r".venv\Scripts\streamlit", "run", "app.py"]
        assert (ROOT / words[2]).exists()
        assert entry_points(group="console_scripts", name="streamlit")


def test_windows_is_told_every_step_that_linux_is():
    """The plain lines for both systems do the same, in the same order."""

    def steps(lines, folder):
        return [line.replace(f".venv{folder}", "").replace("pip install", "python -m pip install") for line in lines
                if line.startswith(f".venv{folder}")]  # fmt: skip

    lines = [line.strip() for line in README.splitlines() if line.startswith("    ")]
    # A class, a cluster and a hub have lines of their own.
    apart = ("glassy_core class", " dask ", "allowedHosts")
    here = [line for line in steps(lines, "/bin/") if not any(words in line for words in apart)]
    there = [line for line in steps(powershell_lines(), "\\Scripts\\") if "glassy_core class" not in line]
    assert here == there
    assert len(here) == 5


def test_an_unknown_option_would_be_found():
    with pytest.raises(SystemExit):
        check_arguments(["-m", "glassy_core", "warm", "--no-such-option"])
    with pytest.raises(AssertionError):
        check_arguments(["-m", "pip", "install", "-r", "no-such-file.txt"])

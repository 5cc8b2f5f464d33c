"""Errors that a reader can cause or meet."""

import ast
import errno
import importlib
import os
import pickle

import pytest

from glassy_core.errors import EXPECTED, GlassyError, sentence
from glassy_core.files import ROOT


def error_classes():
    """Every class of the core whose name says that it is an error."""
    for path in sorted((ROOT / "glassy_core").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name in [node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Error")]:
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield pytest.param(module, name, id=f"{module}.{name}")


@pytest.mark.parametrize(("module", "name"), list(error_classes()))
def test_every_error_of_glassys_has_the_one_base(module, name):
    error = getattr(importlib.import_module(module), name)
    assert issubclass(error, GlassyError)


@pytest.mark.parametrize(("module", "name"), list(error_classes()))
def test_every_error_crosses_to_another_process_and_says_its_message(module, name):
    error = getattr(importlib.import_module(module), name)
    assert sentence(pickle.loads(pickle.dumps(error("This is wrong: do that.")))) == "This is wrong: do that."


def test_the_file_systems_errors_name_the_place_and_what_to_do():
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/there/run")
    assert sentence(error) == "/there/run: No space left on device: make room on that disk, then try again."


def test_a_file_systems_error_without_a_remedy_says_where_to_look():
    assert sentence(OSError("odd")) == "odd: look at that place, then try again."


def test_a_defect_is_not_expected():
    assert not issubclass(TypeError, EXPECTED)

"""Are the examples in the docstrings true?"""

import doctest
import importlib
import pkgutil

import pytest

import service.text

MODULES = [module.name for module in pkgutil.iter_modules(service.text.__path__, "service.text.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0

"""Files besides Python go into the wheel too: an installed service has its scripts, pages and styles."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "adapters", "entrypoints")


def test_every_file_beside_the_code_is_named_in_the_package_data() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    named = {
        path
        for package, patterns in config["options.package_data"].items()
        for pattern in patterns.replace(",", " ").split()
        for path in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    beside = {
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert beside
    assert {str(path.relative_to(ROOT)) for path in beside - named} == set()

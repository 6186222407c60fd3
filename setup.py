"""Packaging; everything else about the project is in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

WORDS = ["listings/attributes.toml", "synthetic/vocabulary.toml"]
REPORT = ["report/templates/*", "report/static/**/*"]
HERE = Path(__file__).parent
PINS = [line for line in (HERE / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]

setup(
    name="kembar",
    version=re.search(r'__version__ = "(.+)"', (HERE / "lib/kembar/storage/versions.py").read_text()).group(1),
    package_dir={"": "lib", "udfs": "udfs"},
    packages=[*find_packages("lib"), "udfs"],
    package_data={"kembar": ["kembar.toml", "py.typed", "default_bundle/*", *WORDS, *REPORT]},
    python_requires=">=3.11",
    install_requires=PINS,
)

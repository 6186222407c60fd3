"""Find phrases in prose that readers stumbled on: `phrases.toml` has each with a plain one.

python scripts/check_phrases.py [FILE ...]
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PHRASES = Path(__file__).with_name("phrases.toml")
READ = ("*.md", "docs/**/*.md", "lib/**/*.py", "lib/**/*.html", "udfs/*.py", "jobs/*.py", "conf/*", ".github/*.md")
LEFT_OUT = re.compile(r"/(vendor|default_bundle)/")


def main() -> int:
    plain = tomllib.loads(PHRASES.read_text(encoding="utf-8"))["plain"]
    pattern = re.compile("|".join(rf"\b{re.escape(phrase)}\b" for phrase in plain), re.IGNORECASE)
    named = [Path(name) for name in sys.argv[1:]]
    found = 0
    for path in named or sorted({file for glob in READ for file in ROOT.glob(glob)}):
        if LEFT_OUT.search(path.as_posix()) or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for match in pattern.finditer(line):
                found += 1
                phrase = next(p for p in plain if p.lower() == match[0].lower())
                print(f"{path}:{number}: {match[0]!r}: write {plain[phrase]!r}")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())

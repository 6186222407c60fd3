"""What a bundle consists of, from the module that writes it and the one that ships."""

import json
from pathlib import Path

import numpy as np

from kembar.model import bundle_files as bundle

SHIPPED = Path(__file__).parent.parent.parent / "lib" / "kembar" / "default_bundle"


def bundle_page() -> str:
    """Files, arrays and manifest."""
    summary, _, files = (bundle.__doc__ or "").strip().partition("\n\n")
    rows = ["| file | content |", "|---|---|"]
    for line in files.splitlines():
        name, _, text = line.partition("  ")
        rows.append(f"| `{name.strip()}` | {text.strip()} |")
    arrays = ["| file | array | type | shape |", "|---|---|---|---|"]
    for path in sorted(SHIPPED.glob("*.npz")):
        with np.load(path, allow_pickle=False) as archive:
            arrays += [
                f"| `{path.name}` | `{name}` | {archive[name].dtype} | {' × '.join(map(str, archive[name].shape))} |"
                for name in archive.files
            ]
    manifest = json.dumps(json.loads((SHIPPED / "manifest.json").read_text()), indent=2, ensure_ascii=False)
    return "\n".join(
        [
            "# Bundle",
            "",
            summary.replace("\n", " "),
            "",
            *rows,
            "",
            f"The format is number {bundle.FORMAT}. A bundle of another one is refused, and so is one whose files do "
            "not have the SHA-256 that the manifest says.",
            "",
            "## Arrays of the shipped bundle",
            "",
            *arrays,
            "",
            "## Its manifest",
            "",
            "```json",
            manifest,
            "```",
            "",
        ]
    )

"""Choices of training, cross-validated as in bench_quality: the two losses, and heads that are trained or not.

KEMBAR_DATA=... .venv/bin/python benchmarks/bench_choices.py
"""

import tempfile
from pathlib import Path

import pandas as pd
from bench_quality import measure
from common import markdown, write_page

CHOICES = {
    "as shipped (cross-entropy, heads trained)": [],
    "loss of the probability of the triplet": ["training.loss=triplet_probability"],
    "heads left at principal components": ["training.head_learning_rate_scale=1e-9"],
    "only random non-matches": ["triplets.hard_share=0"],
}


def main() -> None:
    rows = []
    for name, settings in CHOICES.items():
        with tempfile.TemporaryDirectory() as work:
            overrides = [part for text in settings for part in ("--set", text)]
            rows.append({"choice": name, **measure("shopee-dev", overrides, Path(work))})
    command = "KEMBAR_DATA=... .venv/bin/python benchmarks/bench_choices.py"
    write_page("choices", "Choices of training", command, markdown(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()

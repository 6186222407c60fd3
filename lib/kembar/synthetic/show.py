"""Show some groups that were found, title by title: python -m kembar.synthetic.show train.csv submission.csv."""

import argparse

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text


def groups_table(listings: pd.DataFrame, submission: pd.DataFrame, count: int) -> Table:
    """The `count` groups of three to six listings that come first by id, and whether each listing belongs."""
    groups = {frozenset(text.split()) for text in submission["matches"]}
    chosen = sorted(sorted(group) for group in groups if 3 <= len(group) <= 6)[:count]
    known = listings.set_index("posting_id")
    table = Table(title="some of the groups", show_lines=False)
    for heading, width in (("posting_id", 16), ("title", 66), ("photo", 10), ("same product", 12)):
        table.add_column(heading, overflow="ellipsis", no_wrap=True, width=width)
    for group in chosen:
        products = known.loc[group, "label_group"]
        usual = products.mode()[0]
        for posting_id in group:
            listing = known.loc[posting_id]
            right = "yes" if listing["label_group"] == usual else "no"
            cells = (posting_id, " ".join(listing["title"].split()), f"{listing['image'][:7]}...")
            table.add_row(*map(_plain, cells), right)
        table.add_section()
    return table


def _plain(text: str) -> Text:
    """Text as it is, whatever signs of markup it has, without what a terminal would obey."""
    return Text("".join(char for char in text if char.isprintable()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m kembar.synthetic.show", description=__doc__)
    parser.add_argument("listings", help="the labelled catalogue")
    parser.add_argument("submission", help="what was found in it")
    parser.add_argument("--groups", type=int, default=6, help="how many to show")
    args = parser.parse_args()
    listings, submission = (pd.read_csv(path, dtype=str).fillna("") for path in (args.listings, args.submission))
    Console(width=120).print(groups_table(listings, submission, args.groups))


if __name__ == "__main__":
    main()

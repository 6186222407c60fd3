"""Titles are shown as text: nothing in them is obeyed."""

import pandas as pd
from rich.console import Console

from kembar.synthetic.show import groups_table


def shown(title: str) -> str:
    ids = ["a", "b", "c"]
    listings = pd.DataFrame({"posting_id": ids, "title": title, "image": "[red]x[/red].jpg", "label_group": "7"})
    submission = pd.DataFrame({"posting_id": ids, "matches": " ".join(ids)})
    console = Console(width=160, record=True, force_terminal=True)
    with console.capture() as capture:
        console.print(groups_table(listings, submission, 1))
    return capture.get()


def test_signs_of_markup_are_characters():
    said = shown("[PROMO] [bold]Kaos[/bold] [/] [link=file:///etc/passwd]here[/link]")
    assert "[PROMO] [bold]Kaos[/bold] [/] [link=file:///etc/passwd]here" in said
    assert "\x1b]8" not in said, "no link"


def test_a_terminal_is_told_nothing():
    said = shown("Kaos\x1b]0;owned\x07\x1b[2J\u202eknak\x9b31m\x00")
    assert "Kaos]0;owned[2Jknak31m" in said
    assert "\x1b]0" not in said
    assert "\x1b[2J" not in said

"""The rules by which one CSV file separates its columns and escapes its quotes."""

import re
from dataclasses import dataclass, field

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Dialect:
    """The rules of a CSV file.

    Attributes:
        delimiter: The character between two columns.
        backslash: Whether a quote within quotes may be written as `\\"`, as Spark and MySQL do, and not only doubled.
    """

    delimiter: str = ","
    backslash: bool = False
    quoted: re.Pattern[str] = field(init=False, repr=False, compare=False)
    """The text within quotes and the quote that ends it. A doubled or escaped quote belongs to the text."""
    behind: re.Pattern[str] = field(init=False, repr=False, compare=False)
    """What may follow a closing quote."""
    literal: re.Pattern[str] = field(init=False, repr=False, compare=False)
    """A field without quotes around it, and its end."""

    def __post_init__(self) -> None:
        sign = re.escape(self.delimiter)
        white = "[ ]" if self.delimiter == "\t" else r"[ \t]"
        inner = r'(?:[^"\\]+|""|\\(?s:.)|\\\Z)' if self.backslash else r'(?:[^"]+|"")'
        object.__setattr__(self, "quoted", re.compile(rf'({inner}*+)"(?!")'))
        object.__setattr__(self, "behind", re.compile(rf"{white}*({sign}|\r?\n|\r|$)"))
        object.__setattr__(self, "literal", re.compile(rf"([^{sign}\r\n]*)({sign}|\r?\n|\r|$)"))

    def unescape(self, text: str) -> str:
        """Return the text of a quoted field with doubled and escaped quotes undone."""
        if self.backslash and "\\" in text:
            return _ESCAPED.sub(lambda found: found.group(1) or '"', text)
        return text.replace('""', '"')


_ESCAPED = re.compile(r'""|\\(["\\])')
COMMAS = Dialect()

"""Questions as a file: the chosen pairs of a match run, which answered is a file of decisions."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from kembar.errors import NothingToDoError
from kembar.model.bundle import Bundle
from kembar.storage.files import write_bytes
from kembar.training.review.answers import EVIDENCE_COLUMNS, is_titled, read_evidence
from kembar.training.review.ask import choose_pairs

_PAIR = ["posting_id_l", "posting_id_r"]


def choose_questions(bundle: Bundle, matches: pa.Table, count: int, decisions: pa.Table | None = None) -> pa.Table:
    """`posting_id_l, posting_id_r, decision, probability` of the `count` pairs of MATCHES to ask about, the most
    telling first; nothing is decided yet. Pairs of `decisions` are left out.

    Raises:
        NothingToDoError: there is no candidate pair, or all were decided.
    """
    if not len(matches):
        raise NothingToDoError("the match run has no candidate pairs: there is nothing to ask about")
    matches = matches.select([*_PAIR, *EVIDENCE_COLUMNS, "probability"])  # Arrow joins no lists
    if decisions is not None:
        matches = matches.join(decisions.select(_PAIR), _PAIR, join_type="left anti")
    if not len(matches):
        raise NothingToDoError(
            "all doubtful pairs of the match run have a decision: there is nothing left to ask about"
        )
    matches = matches.sort_by([(key, "ascending") for key in _PAIR])
    evidence, present = read_evidence(matches)
    ends = np.unique([matches[key].to_pylist() for key in _PAIR], return_inverse=True)[1].reshape(2, -1)
    chosen = choose_pairs(bundle.decider_for(is_titled(present)).discriminator, evidence, present, ends, count)
    asked = matches.select([*_PAIR, "probability"]).take(pa.array(chosen))
    return asked.add_column(2, "decision", pa.nulls(len(asked), pa.string()))


def are_unanswered(data: bytes) -> bool:
    """Whether these are the bytes of a file of questions to which nobody has given an answer."""
    try:
        table = pacsv.read_csv(io.BytesIO(data))
    except pa.ArrowInvalid:
        return False
    asked = table.column_names == [*_PAIR, "decision", "probability"]
    return asked and not any(str(answer or "").strip() for answer in table["decision"].to_pylist())


def write_questions(questions: pa.Table, uri: str) -> None:
    """Write the questions as CSV."""
    text = io.BytesIO()
    pacsv.write_csv(questions, text)
    write_bytes(uri, text.getvalue())

"""Review: which pairs to ask people about, and what to learn from their answers."""

from kembar.training.review.answers import (
    DecidedPairs,
    Gain,
    Undecided,
    candidates_in,
    decided_in,
    fit_answers,
    join_pairs,
    read_evidence,
    read_pairs,
)
from kembar.training.review.ask import choose_pairs
from kembar.training.review.questions import are_unanswered, choose_questions, write_questions

__all__ = [
    "DecidedPairs",
    "Gain",
    "Undecided",
    "are_unanswered",
    "candidates_in",
    "choose_pairs",
    "choose_questions",
    "decided_in",
    "fit_answers",
    "join_pairs",
    "read_evidence",
    "read_pairs",
    "write_questions",
]

"""How good a result is, against a labelled catalogue."""

from kembar.evaluation.scores import Claims, Truth, blocking_scores, evaluate, read_claims, read_truth

__all__ = ["Claims", "Truth", "blocking_scores", "evaluate", "read_claims", "read_truth"]

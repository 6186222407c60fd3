"""How good a result is, against a labelled catalogue."""

from kembar.evaluation.scores import Claims, Truth, are_metrics, blocking_scores, evaluate, read_claims, read_truth

__all__ = ["Claims", "Truth", "are_metrics", "blocking_scores", "evaluate", "read_claims", "read_truth"]

"""A result to look at: groups and pairs, photos, evidence, and how good it is where the truth is known."""

from kembar.analysis.blocks import BlockStudy, study_blocks
from kembar.analysis.contributions import Evidence
from kembar.analysis.encoded import Codes, read_codes
from kembar.analysis.find_runs import RunPlaces, find_run
from kembar.analysis.gallery import Gallery
from kembar.analysis.judgement import Judgement, judge_matches
from kembar.analysis.learning import Learnt, learn_from_labels
from kembar.analysis.result import Result, read_matches

__all__ = [
    "BlockStudy",
    "Codes",
    "Evidence",
    "Gallery",
    "Judgement",
    "Learnt",
    "Result",
    "RunPlaces",
    "find_run",
    "judge_matches",
    "learn_from_labels",
    "read_codes",
    "read_matches",
    "study_blocks",
]

"""A result to look at: groups and pairs, photos, evidence, and how good it is where the truth is known."""

from kembar.results.blocks import BlockStudy, study_blocks
from kembar.results.encoded import Codes, read_codes
from kembar.results.evidence import Evidence
from kembar.results.gallery import Gallery
from kembar.results.judgement import Judgement, judge_matches
from kembar.results.learning import Learnt, learn_from_labels
from kembar.results.places import RunPlaces, find_run
from kembar.results.result import Result, read_matches

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

"""A result to look at: groups and pairs, photos, evidence, and how good it is where the truth is known."""

from kembar.analysis.blocks import BlockStudy as BlockStudy
from kembar.analysis.blocks import study_blocks as study_blocks
from kembar.analysis.contributions import Evidence as Evidence
from kembar.analysis.encoded import Codes as Codes
from kembar.analysis.encoded import read_codes as read_codes
from kembar.analysis.find_runs import RunPlaces as RunPlaces
from kembar.analysis.find_runs import find_run as find_run
from kembar.analysis.gallery import Gallery as Gallery
from kembar.analysis.judgement import Judgement as Judgement
from kembar.analysis.judgement import judge_matches as judge_matches
from kembar.analysis.learning import Learnt as Learnt
from kembar.analysis.learning import learn_from_labels as learn_from_labels
from kembar.analysis.result import Result as Result
from kembar.analysis.result import read_matches as read_matches

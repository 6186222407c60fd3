"""A report on a run, for people to look at matches and correct them.

`tell` prepares the figures, `files` and `site` write them as pages, `templates/` and `static/` are the pages.
"""

from kembar.report.site import write_report
from kembar.report.tell import Run, tell_groups, tell_overview
from kembar.report.thumbnails import Photos, show_photos
from kembar.report.titles_and_truth import read_catalogue

__all__ = ["Photos", "Run", "read_catalogue", "show_photos", "tell_groups", "tell_overview", "write_report"]

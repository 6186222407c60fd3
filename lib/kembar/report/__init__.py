"""A report on a run, for people to look at matches and correct them.

`tell` prepares the figures, `files` and `site` write them as pages, `templates/` and `static/` are the pages.
"""

from kembar.report.collect import Run, collect_groups, summarise_overview
from kembar.report.site import write_report
from kembar.report.thumbnails import Photos, show_photos
from kembar.report.titles_and_truth import read_catalogue

__all__ = ["Photos", "Run", "collect_groups", "read_catalogue", "show_photos", "summarise_overview", "write_report"]

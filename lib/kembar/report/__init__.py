"""A report on a run, in which people review matches and correct them.

`collect` prepares the figures, `page_data` and `site` write them, and `templates/` and `static/` have the pages.
"""

from kembar.report.collect import Run, collect_groups, summarise_overview
from kembar.report.site import write_report
from kembar.report.thumbnails import Photos, show_photos
from kembar.report.titles_and_truth import read_titles

__all__ = ["Photos", "Run", "collect_groups", "read_titles", "show_photos", "summarise_overview", "write_report"]

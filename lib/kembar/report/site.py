"""Writes a report: a folder of pages that opens from disk, without a server or a network."""

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from kembar.report.overview import describe_rows
from kembar.report.page_data import ReportData, write_data
from kembar.report.thumbnails import Photos
from kembar.storage.files import list_paths, write_bytes
from kembar.storage.output_folder import OutputFolder
from kembar.storage.paths import join_uri

FIRST_PAGE = "index.html"
PAGES = ("group.html", "groups.html", FIRST_PAGE)


def write_report(
    folder: OutputFolder, told: ReportData, photos: Photos, overview: dict[str, Any], facts: dict[str, Any]
) -> str:
    """Publish pages, styles, scripts, data and thumbnails in a report's folder.

    Args:
        folder: The folder, in which the new thumbnails of `photos` are staged.
        told: The data of the pages.
        photos: The thumbnails, including those of an earlier report.
        overview: The figures of the first page.
        facts: Further entries of the report's manifest.

    Returns:
        The path of the first page.
    """
    write_site(target := folder.staged("files"), told, photos, overview)
    made = list_paths(target)
    kept = sorted(set(photos.thumbs.values()) - set(made))
    folder.publish({}, {}, facts, staged_files=made, kept_files=kept)
    return join_uri(folder.uri, FIRST_PAGE)


def write_site(target: str, told: ReportData, photos: Photos, overview: dict[str, Any]) -> None:
    """Write pages, styles, scripts and data into a folder."""
    _copy(resources.files("kembar.report") / "static", join_uri(target, "static"))
    write_data(target, told, photos)
    environment = page_environment()
    for page in PAGES:
        text = environment.get_template(page).render(
            page=page, run=told.run, overview=overview | describe_rows(overview)
        )
        write_bytes(join_uri(target, page), text.encode())


def page_environment() -> Environment:
    """The templates' environment. It escapes inserted text, and an undefined name is an error."""
    environment = Environment(
        loader=PackageLoader("kembar.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = "{:,}".format
    environment.filters["share"] = "{:.3f}".format
    return environment


def _copy(source: Traversable, target: str) -> None:
    for entry in source.iterdir():
        if entry.is_dir():
            _copy(entry, join_uri(target, entry.name))
        else:
            write_bytes(join_uri(target, entry.name), entry.read_bytes())

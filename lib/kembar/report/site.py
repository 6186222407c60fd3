"""A report: a folder of pages that opens from disk, without a server or a network."""

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from kembar.report.files import FOLDER, Told, write_data
from kembar.report.rows import tell_rows
from kembar.report.thumbnails import Photos
from kembar.storage import delete, join_uri, write_bytes

FIRST_PAGE = "index.html"
PAGES = ("group.html", "groups.html", FIRST_PAGE)


def write_site(output: str, told: Told, photos: Photos, overview: dict[str, Any]) -> str:
    """Write pages, styles, scripts and data into a folder, replacing an earlier report's; where its first page is.

    The first page is deleted first and written last, so that a report that has one is whole.
    """
    first = join_uri(output, FIRST_PAGE)
    delete(first, join_uri(output, FOLDER), join_uri(output, "static"))
    _copy(resources.files("kembar.report") / "static", join_uri(output, "static"))
    write_data(output, told, photos)
    environment = page_environment()
    for page in PAGES:
        text = environment.get_template(page).render(page=page, run=told.run, overview=overview | tell_rows(overview))
        write_bytes(join_uri(output, page), text.encode())
    return first


def page_environment() -> Environment:
    """The templates' environment. What a template inserts is escaped, and a name that it lacks is an error."""
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

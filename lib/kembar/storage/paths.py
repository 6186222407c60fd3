"""Turns the paths and URIs that a user types into those that Arrow and Spark need.

Three kinds of location are understood:

* a path of this machine, taken literally: `my shop/50% off #1/[new]` needs no quoting;
* a `file://` URI, in which escapes such as `%20` are undone (RFC 8089); invalid escapes are taken literally;
* a URI of a store that both Spark and Arrow read, taken literally, as Hadoop and the tools of the stores do.
"""

import os
import posixpath
import re
from pathlib import Path
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.fs as pafs

from kembar.errors import InputError

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):/")
_FOR_ARROW = {"s3": "s3", "s3a": "s3", "s3n": "s3", "gs": "gs", "abfs": "abfs", "abfss": "abfss"}
_HADOOP = ("hdfs", "viewfs")
_FOR_ARROW |= {scheme: scheme for scheme in _HADOOP}
_FOR_SPARK = {"s3": "s3a", "s3n": "s3a"}
_KNOWN = "a path, file://, s3:// or s3a://, gs://, abfs:// or abfss://, hdfs:// or viewfs://"
_INSTEAD = {
    "dbfs": "name it /dbfs/...",
    "http": "copy it to a disk or store first",
    "https": "copy it to a disk or store first",
    "wasb": "use abfss://",
    "wasbs": "use abfss://",
}
_LONGEST_NAME = 255
_GLOB = re.compile(r"([\\{}\[\]*?])")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def scheme_of(location: str) -> str | None:
    """The scheme of a URI in lower case, or None for a path.

    >>> scheme_of("S3A://shop/x"), scheme_of("file:/tmp"), scheme_of("my shop/a:b"), scheme_of("/data")
    ('s3a', 'file', None, None)
    """
    found = _SCHEME.match(location)
    return found.group(1).lower() if found else None


def canonical(location: str) -> str:
    """Write a location in one form: a path for local files, or a URI with the scheme that Arrow knows.

    Raises:
        InputError: The URI names a file of another host, or has a scheme that kembar cannot read.

    >>> canonical("file:///my%20shop/50%/x"), canonical("s3a://shop/a b"), canonical("my shop")
    ('/my shop/50%/x', 's3://shop/a b', 'my shop')
    """
    scheme = scheme_of(location)
    if scheme is None:
        return location
    if scheme == "file":
        return _file_path(location)
    if scheme not in _FOR_ARROW:
        remedy = f"; {_INSTEAD[scheme]}" if scheme in _INSTEAD else ""
        raise InputError(f"{location}: expected {_KNOWN}, received the scheme {scheme}{remedy}")
    return f"{_FOR_ARROW[scheme]}:{location.partition(':')[2]}"


def _file_path(uri: str) -> str:
    """The path in a `file:` URI: `file:/x`, `file:///x` or `file://localhost/x`."""
    rest = uri.partition(":")[2]
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in ("", "localhost"):
            raise InputError(f"{uri} names a file of the host {host}; expected file:///... for a file of this machine")
        rest = slash + path
    return _ESCAPES.sub(lambda run: unquote(run.group(), errors="surrogateescape"), rest)


def is_local(location: str) -> bool:
    """Whether a location is on a disk of this machine, mounted disks included."""
    return scheme_of(canonical(location)) is None


def filesystem_of(location: str) -> tuple[pafs.FileSystem, str]:
    """The Arrow filesystem of a location, and the path within it.

    Raises:
        InputError: kembar cannot read the scheme, or the store cannot be reached.
    """
    plain = canonical(location)
    if is_local(plain):
        return pafs.LocalFileSystem(), str(Path(plain).absolute())
    try:
        filesystem, path = pafs.FileSystem.from_uri(quote(plain, safe=":/@"))
    except (OSError, pa.ArrowException) as error:
        needs = "; hdfs:// needs JAVA_HOME, HADOOP_HOME and CLASSPATH, see the documents of Arrow"
        reason = str(error).splitlines()[0] + (needs if scheme_of(plain) in _HADOOP else "")
        raise InputError(f"{location} cannot be reached: {reason}") from error
    return filesystem, path


def spark_path(location: str) -> str:
    """A location for Spark's writers, without quoting, because Hadoop takes paths literally.

    A path means the disk of this machine, whatever the default file system of Hadoop is.

    >>> spark_path("/my shop/50%"), spark_path("s3://shop/a b")
    ('file:///my shop/50%', 's3a://shop/a b')
    """
    plain = canonical(location)
    scheme = scheme_of(plain)
    if scheme is None:
        return f"file://{Path(plain).absolute()}"
    return f"{_FOR_SPARK.get(scheme, scheme)}:{plain.partition(':')[2]}"


def spark_pattern(location: str) -> str:
    """A location for Spark's readers, which take paths as patterns: special characters are escaped.

    >>> spark_pattern("/shop/[new] 2*")
    'file:///shop/\\\\[new\\\\] 2\\\\*'
    """
    return _GLOB.sub(r"\\\1", spark_path(location))


def join_uri(folder: str, *parts: str) -> str:
    """The location of something in a folder. The names of its parts are taken literally.

    >>> join_uri("s3://shop/out/", "groups"), join_uri("/", "out"), join_uri("file:///a%20b", "50%20")
    ('s3://shop/out/groups', '/out', '/a b/50%20')
    """
    plain = canonical(folder)
    return posixpath.join(plain.rstrip("/") or plain[:1], *parts)


def real_path(location: str) -> str:
    """The one name of a location: links followed, no `..`, no slash at the end."""
    plain = canonical(location)
    return os.path.realpath(plain) if is_local(plain) else plain.rstrip("/")


def within(inner: str, outer: str) -> str | None:
    """The path from `outer` to `inner`: "" if both are the same, None if `inner` is not in `outer`.

    >>> within("/shop/out/groups", "/shop/out"), within("/shop", "/shop/"), within("/shopping", "/shop")
    ('groups', '', None)
    """
    inside, outside = real_path(inner), real_path(outer)
    if inside == outside:
        return ""
    prefix = outside.rstrip("/") + "/"
    return inside.removeprefix(prefix) if inside.startswith(prefix) else None


def check_location(option: str, location: str) -> None:
    """Check the location in an option, before anything is read or written.

    Raises:
        InputError: The location is empty, invalid or too long. The message names the option.
    """
    if not location.strip():
        raise InputError(f"{option}: expected {_KNOWN}, received an empty value")
    if "\0" in location:
        raise InputError(f"{option}: a path cannot contain the character NUL")
    try:
        plain = canonical(location)
    except InputError as error:
        raise InputError(f"{option} {error}") from None
    if not is_local(plain):
        return
    for name in Path(plain).parts:
        if (size := len(os.fsencode(name))) > _LONGEST_NAME:
            raise InputError(f"{option}: the name {name[:40]}… has {size} bytes, at most {_LONGEST_NAME} work")

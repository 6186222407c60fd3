"""Remedies for limits of Spark or the machine: which setting or variable to change, found by the failure's text."""

import re

_ANYWHERE = re.IGNORECASE | re.DOTALL
_PYTHON = (
    "PYSPARK_PYTHON (or spark.pyspark.python) must name the Python of kembar's environment, on every machine: unset "
    "it, or set it to .venv/bin/python"
)
_MEMORY = (
    "raise spark.driver.memory where Spark runs on one machine (spark-submit --driver-memory 8g), else "
    "spark.executor.memory"
)
_WORKERS = (
    "most likely it was out of memory: run fewer tasks at once (spark-submit --master 'local[2]', or "
    "spark.executor.cores), or raise spark.executor.memoryOverhead"
)
_REMEDIES = [
    (r"spark\.driver\.maxResultSize", "raise spark.driver.maxResultSize (0 is no limit), or leave it to conf/"),
    (r"spark\.rpc\.message\.maxSize", "raise spark.rpc.message.maxSize, in MiB"),
    (r"spark\.kryoserializer\.buffer\.max", "raise spark.kryoserializer.buffer.max"),
    (r"spark\.sql\.broadcastTimeout", "raise spark.sql.broadcastTimeout, in seconds"),
    (r"PYTHON_VERSION_MISMATCH|different (minor )?version .{0,80}driver", _PYTHON),
    (r"Cannot run program \S*(?i:python|jupyter|conda|/bin/)\S*", _PYTHON),
    (r"Error from python worker.*?No module named", _PYTHON),
    (r"Traceback \(most recent call last\).*?ModuleNotFoundError: No module named", _PYTHON),
    (r"unable to create (new )?native thread", "raise the limit of processes (ulimit -u), or run fewer tasks at once"),
    (r"Not enough memory to build and broadcast|Cannot broadcast the table", "raise spark.driver.memory"),
    (r"Direct buffer memory", "raise spark.driver.memory, or -XX:MaxDirectMemorySize in spark.driver.extraJavaOptions"),
    (r"OutOfMemoryError|UNABLE_TO_ACQUIRE_MEMORY|Unable to acquire \d+ bytes of memory", _MEMORY),
    (r"exceeding (physical )?memory limits|OOMKilled|exit(ed with)? code:? 137|exited with code 137", _WORKERS),
    (r"Python worker exited unexpectedly|Python worker .{0,40}crashed|WORKER_CRASHED|\bMemoryError\b", _WORKERS),
    (
        r"(blockmgr-|temp_(shuffle|local)|/spark-[0-9a-f]{8}-).*?No space left"
        r"|No space left.*?(blockmgr-|spill|shuffle)",
        "Spark's own files fill it: set spark.local.dir (or SPARK_LOCAL_DIRS) to a larger disk",
    ),
]
_KNOWN = [(re.compile(pattern, _ANYWHERE), remedy) for pattern, remedy in _REMEDIES]


def remedy_for(text: str) -> str | None:
    """What to change if a failure's text names a known limit; else None.

    >>> remedy_for("java.lang.OutOfMemoryError: Java heap space").partition(" where")[0]
    'raise spark.driver.memory'
    >>> remedy_for("ValueError: x") is None
    True
    """
    return next((remedy for pattern, remedy in _KNOWN if pattern.search(text)), None)

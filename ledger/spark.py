"""A session of Apache Spark (计算集群会话), where one is installed or a cluster stands.

The master is a setting: ``local[2]`` in this machine, ``spark://host:7077`` for a cluster.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from ledger.errors import Misconfigured

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = "local[2]"

_BY_ITSELF = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    # Two cores: two hundred parts, as a cluster has them, would be two hundred tasks a step.
    "spark.sql.shuffle.partitions": "2",
}
"""A machine by itself: nothing listens but on its own loopback."""


def check_spark() -> None:
    """Raise ``spark-missing`` or ``java-missing`` where the one or the other is not installed."""
    if find_spec("pyspark") is None:
        raise Misconfigured(
            "spark-missing",
            "未安装 Spark：请运行 pip install 'songnuan[spark]'，或使用 --engine duckdb",
            "Spark is not installed: pip install 'songnuan[spark]', or use --engine duckdb",
        )
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        raise Misconfigured(
            "java-missing",
            "Spark 需要 Java 17：在 Debian 上运行 apt-get install default-jre-headless，或使用 --engine duckdb",
            "Spark needs Java 17: on Debian apt-get install default-jre-headless, or use --engine duckdb",
        )


@contextmanager
def spark_session(master: str, name: str, more: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session by its master's address, with further settings; it is stopped afterwards.

    Raises:
        Misconfigured: ``spark-failed`` where none can be had from there.
    """
    # Here, so that whoever uses DuckDB does without it.
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.local.dir": gettempdir(),
        **(_BY_ITSELF if master.startswith("local") else {}),
        **more,
    }
    try:
        session = SparkSession.builder.master(master).appName(name).config(map=dict(settings)).getOrCreate()
    except (PySparkException, RuntimeError, Py4JError) as error:
        reason = _reason(str(error))
        raise Misconfigured(
            "spark-failed",
            f"无法在 {master} 上启动 Spark：{reason}",
            f"Spark did not start at {master}: {reason}",
        ) from None
    try:
        yield session
    finally:
        session.stop()


def _reason(text: str) -> str:
    r"""The line of Java's own complaint, which follows where it was called from.

    >>> _reason("An error occurred while calling None.JavaSparkContext.\n: java.lang.Error: no secret\n\tat here")
    'java.lang.Error: no secret'
    """
    lines = text.strip().splitlines() or [""]
    return next((line[2:] for line in lines if line.startswith(": ")), lines[0])

"""The comparison on Apache Spark (比对引擎 Spark): the same SQL as on DuckDB, where a cluster stands.

The master is a setting: ``local[2]`` in this machine, ``spark://host:7077`` for a cluster that sees the same folder.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from ledger.errors import Misconfigured
from ledger.federation.comparing import FOUND, SHARED, Hit

LOCAL = "local[2]"


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


class Spark:
    """Spark by its master's address."""

    name = "spark"

    def __init__(self, master: str = LOCAL) -> None:
        check_spark()
        self._master = master

    def hits(self, work: Path) -> list[Hit]:
        """The matches; the session is stopped afterwards."""
        # Here, so that whoever compares with DuckDB does without it.
        from pyspark.sql import SparkSession

        session = (
            SparkSession.builder.master(self._master)
            .appName("songnuan comparison")
            .config("spark.ui.enabled", "false")
            # A machine by itself has two cores; a file of some hundred rows is no task of its own.
            .config("spark.sql.shuffle.partitions", "2" if self._master.startswith("local") else "200")
            .config("spark.sql.files.openCostInBytes", "4096")
            .config("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
            .getOrCreate()
        )
        try:
            marks = session.read.parquet(str(work)).drop("first_byte")
            marks.createOrReplaceTempView("m")
            session.sql(SHARED).cache().createOrReplaceTempView("shared")
            return sorted(Hit(*row) for row in session.sql(FOUND).collect())
        finally:
            session.stop()

"""The comparison on Apache Spark (比对引擎 Spark): the same SQL as on DuckDB, where a cluster stands.

The cluster sees the same folder for temporary files as this machine.
"""

from __future__ import annotations

from pathlib import Path

from ledger.federation.comparing import FOUND, SHARED, Hit
from ledger.spark import LOCAL, check_spark, spark_session

_SETTINGS = {
    # A file of some hundred rows is no task of its own.
    "spark.sql.files.openCostInBytes": "4096",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}


class Spark:
    """Spark by its master's address."""

    name = "spark"

    def __init__(self, master: str = LOCAL) -> None:
        check_spark()
        self._master = master

    def hits(self, work: Path) -> list[Hit]:
        """The matches."""
        with spark_session(self._master, "songnuan comparison", _SETTINGS) as session:
            marks = session.read.parquet(str(work)).drop("first_byte")
            marks.createOrReplaceTempView("m")
            session.sql(SHARED).cache().createOrReplaceTempView("shared")
            return sorted(Hit(*row) for row in session.sql(FOUND).collect())

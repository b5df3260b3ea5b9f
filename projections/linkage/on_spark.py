"""Splink's linkage on Apache Spark (人员比对引擎 Spark): the same model and judgement as on DuckDB, where a cluster stands.

Identities are in the memory of whatever computes, so that a cluster is one of the office's own. Nothing of them lies
open: what Spark puts on a disk is encrypted, and so are its connections, for which a cluster has its secret
(``spark.authenticate.secret`` in spark-defaults.conf).
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
from splink import SettingsCreator

from ledger.spark import LOCAL, check_spark, spark_session
from projections.linkage import jaro_winkler
from projections.linkage.judging import IN_ORDER, Judged, judging, weighed

_SEALED = {
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.io.encryption.enabled": "true",
}


class OnSpark:
    """Spark by its master's address."""

    name = "spark"

    def __init__(self, master: str = LOCAL) -> None:
        check_spark()
        self._master = master

    def judged(
        self, connection: duckdb.DuckDBPyConnection, model: SettingsCreator, say: Callable[[str], None]
    ) -> Judged:
        """The pairs of those who stand in the connection's tables."""
        # Here, so that whoever compares with DuckDB does without it.
        from pyspark import cloudpickle
        from splink.backends.spark import SparkAPI, similarity_jar_location

        # A cluster's machines have Python, and nothing of this program.
        cloudpickle.register_pickle_by_value(jaro_winkler)  # type: ignore[no-untyped-call] # it has no types
        with spark_session(self._master, "songnuan linkage", _SEALED) as session:
            # Not by a setting, which counts only where Java was not started before.
            session.sql(f"ADD JAR '{similarity_jar_location()}'")
            database = SparkAPI(  # type: ignore[no-untyped-call] # nor has it
                spark_session=session, break_lineage_method="persist"
            )
            session.udf.register("jaro_winkler_similarity", jaro_winkler.jaro_winkler, "double")
            people, names = (
                database.register(session.createDataFrame(connection.table(name).to_arrow_table()))
                for name in ("people", "names")
            )
            predicted = weighed(people, names, model, say)
            say("guarding")
            session.sql(judging(predicted)).persist().createOrReplaceTempView("judged")
            recorded = [tuple(row) for row in session.sql(IN_ORDER).collect()]
            set_aside = session.sql("SELECT * FROM judged WHERE NOT recorded").count()
        return Judged(recorded, set_aside)

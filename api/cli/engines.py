"""The engine of a comparison (比对引擎), as commands take it: DuckDB in this process, or Apache Spark."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from api.cli.language import say

EngineName = Annotated[Literal["duckdb", "spark"], typer.Option(help=say("比对引擎", "the engine"))]

SparkMaster = Annotated[
    str,
    typer.Option(
        envvar="SONGNUAN_SPARK_MASTER",
        help=say("Spark 主节点，如 spark://主机:7077", "Spark's master, as spark://host:7077"),
    ),
]

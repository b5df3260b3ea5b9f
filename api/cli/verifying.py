"""``songnuan verify``: bundles and proofs with public keys alone, and the ledger in its database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from api.cli.exit_codes import EXIT_DIFFERS, Misused
from api.cli.language import language, say
from api.cli.output import AsJson, console, print_json, print_line, progress_bar
from api.log.certificates import load_roots
from ledger.audit.audit import Summary, Trust, audit
from ledger.audit.bundle import opened_bundle
from ledger.findings import Finding
from ledger.log.checkpoint import open_checkpoint, parse_proof, verify_proof
from ledger.log.note import parse_key
from ledger.log.witness import WitnessPolicy

MOST_SHOWN = 50

VerifierKey = Annotated[
    list[str],
    typer.Option(
        "--verifier-key",
        help=say(
            "台账日志的验证公钥，密钥更换后可多个", "the log's verifier key; repeat after it was rotated"
        ),
    ),
]
WitnessKeys = Annotated[
    list[str] | None, typer.Option("--witness", help=say("见证方公钥，可多次", "a witness's key; repeat"))
]
Needed = Annotated[
    int, typer.Option("--witnesses-needed", min=0, help=say("至少几个见证签名", "how many must have signed"))
]
Remembered = Annotated[
    list[Path] | None,
    typer.Option(
        "--remembered", help=say("先前保存的检查点文件，可多次", "a checkpoint kept earlier; repeat")
    ),
]


TimestampRoots = Annotated[
    Path | None,
    typer.Option(
        "--timestamp-roots", help=say("时间戳机构的根证书（PEM）", "the timestamp authority's roots (PEM)")
    ),
]


def _trust(
    keys: list[str],
    witnesses: list[str] | None,
    needed: int,
    remembered: list[Path] | None = None,
    timestamp_roots: Path | None = None,
) -> Trust:
    known = tuple(parse_key(text) for text in witnesses or ())
    if needed > len(known):
        raise Misused(
            f"--witnesses-needed 为 {needed}，只给了 {len(known)} 个见证公钥",
            f"--witnesses-needed is {needed}, with {len(known)} witnesses' keys",
        )
    return Trust(
        tuple(parse_key(text) for text in keys),
        WitnessPolicy(known, needed),
        tuple(path.read_bytes() for path in remembered or ()),
        () if timestamp_roots is None else load_roots(timestamp_roots),
    )


class Findings:
    """The findings as they come: shown as far as they are few, all counted."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._shown = 0
        self.counts: Counter[tuple[str, bool]] = Counter()

    def hear(self, finding: Finding) -> None:
        """Counts and shows one."""
        self.counts[finding.fault.code, finding.grave] += 1
        if self._as_json:
            print_line(finding.to_json())
        elif self._shown < MOST_SHOWN:
            self._shown += 1
            where = say("全局", "whole") if finding.position is None else f"#{finding.position}"
            mark = "✗" if finding.grave else "!"
            console.print(
                f"{mark} {where:>8}  {finding.fault.code}  {finding.fault.message(language())}",
                soft_wrap=True,
            )

    @property
    def grave(self) -> int:
        """How many show that something is not as it was signed or recorded."""
        return sum(count for (_, grave), count in self.counts.items() if grave)

    def close(self, summary: Summary, what: tuple[str, str]) -> None:
        """Says what was gone over, ``what`` it was held against, and what was found.

        Ends with exit code 6 where anything is wrong.
        """
        if self._as_json:
            counts = {code: count for (code, _), count in self.counts.items()}
            went_over = summary._asdict() | {"unchecked": [each.to_json() for each in summary.unchecked]}
            print_line({"summary": went_over, "findings": counts, "verified": not self.grave})
        else:
            self._say(summary, say(*what))
        if self.grave:
            raise typer.Exit(EXIT_DIFFERS)

    def _say(self, summary: Summary, what: str) -> None:
        total = sum(self.counts.values())
        if total > self._shown:
            for (code, _), count in self.counts.most_common():
                console.print(f"  {count:>8}  {code}")
        witnesses = "、".join(summary.witnesses) or say("无", "none")
        console.print(
            say(
                f"已核对 {summary.size:,} 条记录（{summary.read:,} 条可读），{summary.checkpoints} 个检查点；"
                f"见证：{witnesses}；时间戳 {len(summary.stamped)} 个\n根 {summary.root}",
                f"went over {summary.size:,} entries ({summary.read:,} readable), {summary.checkpoints}"
                f" checkpoints; witnesses: {witnesses}; {len(summary.stamped)} timestamps\nroot {summary.root}",
            )
        )
        for each in summary.unchecked:
            console.print(f"· {each.message(language())}", soft_wrap=True)
        if self.grave:
            console.print(say(f"✗ 不符 {self.grave} 处", f"✗ {self.grave} findings"))
        else:
            console.print(say(f"✓ 已验证：{what}均相符", f"✓ verified: {what} all hold"))


HISTORY = (
    "签名、批签路径、日志、检查点、准入裁决、余额与重复对象",
    "signatures, batch paths, log, checkpoints, verdicts, balances and duplicate claims",
)
DATABASE = (
    f"{HISTORY[0]}，以及数据库结构、哈希瓦片、检查点链、账面、身份保险库、异议收件与全部视图",
    f"{HISTORY[1]}, and schema, tiles, the chain of checkpoints, state, vault, inbox and every view",
)


def verify_bundle(
    file: Annotated[Path, typer.Argument(help=say("审计包", "the bundle"))],
    verifier_key: VerifierKey,
    witness: WitnessKeys = None,
    witnesses_needed: Needed = 0,
    remembered: Remembered = None,
    timestamp_roots: TimestampRoots = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help=say("进程数，默认每核一个", "processes; one a core by default"))
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Goes over a bundle and says every finding."""
    trust = _trust(verifier_key, witness, witnesses_needed, remembered, timestamp_roots)
    findings = Findings(as_json)
    with opened_bundle(file) as bundle, progress_bar(say("验证", "verifying"), bundle.size) as progress:
        summary, _ = audit(bundle, trust, findings.hear, progress=progress, processes=processes)
    findings.close(summary, HISTORY)


def verify_one(
    file: Annotated[Path, typer.Argument(help=say("证明文件（.tlog-proof）", "the proof (.tlog-proof)"))],
    leaf: Annotated[str, typer.Option(help=say("回执中的叶哈希", "the leaf hash, as the receipt has it"))],
    verifier_key: VerifierKey,
    witness: WitnessKeys = None,
    witnesses_needed: Needed = 0,
) -> None:
    """Checks one proof."""
    trust = _trust(verifier_key, witness, witnesses_needed)
    try:
        leaf_hash = bytes.fromhex(leaf)
    except ValueError:
        raise Misused("--leaf 应为 64 位十六进制", "--leaf is 64 hexadecimal digits") from None
    raw = file.read_bytes()
    # What reads a QR code may leave its last line feed out.
    proof = parse_proof(raw if raw.endswith(b"\n") else raw + b"\n")
    checkpoint, note = verify_proof(proof, leaf_hash, trust.log_keys)
    signed = trust.witnesses.check(note)
    console.print(
        say(
            f"✓ 已验证：第 {proof.leaf_index + 1} 号记录在 {checkpoint.size} 条的检查点之中"
            f"（{checkpoint.origin}），见证 {len(signed)} 个",
            f"✓ verified: entry {proof.leaf_index + 1} is in the checkpoint of"
            f" {checkpoint.size} entries ({checkpoint.origin}), {len(signed)} witnesses",
        )
    )


def verify_checkpoint(
    file: Annotated[Path, typer.Argument(help=say("检查点文件", "the checkpoint"))],
    verifier_key: VerifierKey,
    witness: WitnessKeys = None,
    witnesses_needed: Needed = 0,
    as_json: AsJson = False,
) -> None:
    """Checks who signed a checkpoint, and says what it stands for."""
    trust = _trust(verifier_key, witness, witnesses_needed)
    checkpoint, note = open_checkpoint(file.read_bytes(), trust.log_keys)
    signed = [key.name for key in trust.witnesses.check(note)]
    if as_json:
        stands = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        print_json(stands | {"witnesses": signed, "verified": True})
        return
    witnesses = "、".join(signed) or say("无", "none")
    console.print(
        say(
            f"✓ 已验证：{checkpoint.origin} 的检查点，{checkpoint.size:,} 条记录；见证：{witnesses}\n"
            f"根 {checkpoint.root.hex()}",
            f"✓ verified: the checkpoint of {checkpoint.origin}, {checkpoint.size:,} entries;"
            f" witnesses: {witnesses}\nroot {checkpoint.root.hex()}",
        ),
        soft_wrap=True,
    )


def verify_ledger(
    remembered: Remembered = None,
    timestamp_roots: TimestampRoots = None,
    witness: WitnessKeys = None,
    witnesses_needed: Needed = 0,
    verifier_key: Annotated[
        list[str] | None,
        typer.Option(
            "--verifier-key",
            help=say("日志验证公钥；默认取本机密钥", "the log's verifier key; this folder's by default"),
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Goes over the database: the history as a bundle's, then tiles, state, vault and views."""
    # Here, so that bundles and proofs are verified without a database's driver.
    from api.audit.verification import entries_listed, verify_opened
    from api.cli.opening import opened

    findings = Findings(as_json)
    with opened() as store:
        keys = verifier_key or [key.text for key in store.log_keys()]
        trust = _trust(keys, witness, witnesses_needed, remembered, timestamp_roots)
        with progress_bar(say("验证", "verifying"), entries_listed(store)) as progress:
            summary = verify_opened(store, trust, findings.hear, progress)
    findings.close(summary, DATABASE)

"""Where an account is kept (开户行), as a bank's branch is called."""

from __future__ import annotations

import re
import unicodedata

from ledger.errors import IdentityFault


def bank_branch(text: str) -> str:
    """The bank where an account is kept (开户行), as its branch is called: NFKC folded, spaces dropped.

    >>> bank_branch(" 工商银行 某县支行（营业部） ")
    '工商银行某县支行(营业部)'
    """
    branch = unicodedata.normalize("NFC", re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)))
    if not 2 <= len(branch) <= 60 or re.search(r"\d{6}", branch) or not re.search(r"[^\W\d_]", branch):
        raise IdentityFault(
            "bank-branch",
            "开户行应为 2 至 60 字的银行网点名称，不是账号",
            "a bank's branch is called by 2 to 60 characters, and is no account's number",
        )
    return branch

"""The public's words (群众原文), as the ledger can keep them for ever: said at once to whoever writes, not later.

An officer takes them down as they are, in a statement that holds no identity and no control character. What could
never be taken down must not be committed to.
"""

from __future__ import annotations

import re
import unicodedata

from ledger.domain.fields import TEXT_HOLDS_IDENTITY
from ledger.identity.documents import identity_in_text

_LINE_END = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")


def plain_words(text: str) -> str:
    r"""The words with line ends as ``\n`` and other control characters as spaces.

    >>> plain_words(" 他家\t有车\r\n有房\x85")
    '他家 有车\n有房'

    Raises:
        Refused: ``text-holds-identity``.
    """
    lines = _LINE_END.sub("\n", text)
    words = "".join(c if c == "\n" or unicodedata.category(c) != "Cc" else " " for c in lines).strip()
    found = identity_in_text(words)
    if found is not None:
        raise TEXT_HOLDS_IDENTITY.refused(found=found)
    return words

"""Why another server gave no answer (对方未应答的原因), in Chinese and English."""

from __future__ import annotations

import httpx2

from ledger.system_words import reason_of


def reason_of_http(error: httpx2.HTTPError) -> tuple[str, str]:
    """What kept a request from being answered as it should be; no address stands in it.

    >>> reason_of_http(httpx2.ReadTimeout("timed out"))
    ('没有及时应答', 'there was no answer in time')
    """
    if isinstance(error, httpx2.HTTPStatusError):
        status = error.response.status_code
        return f"应答为 {status}", f"it answered {status}"
    if isinstance(error, httpx2.TimeoutException):
        return reason_of(TimeoutError())
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError):
            return reason_of(found)
        found = found.__cause__ or found.__context__
    return "应答的不是 HTTP", "what answers there does not speak HTTP"

"""What triggers of rules about officers and their signatures share (人员、签署)."""

_SIGNED = "EXISTS (SELECT FROM unnest(e.key || e.second_keys) AS u (key) WHERE u.key IN ({keys}))"

MARKED = _SIGNED.format(keys="SELECT s.key FROM signers s JOIN officer_marks m ON m.officer = s.officer")
"""An officer signed the event whose own marks, or whose relatives', are known."""

OF_TWO_CODES = _SIGNED.format(
    keys="""
        SELECT s.key FROM signers s
        JOIN officer_marks m ON m.officer = s.officer AND m.relation = 'self'
        JOIN officer_marks o ON o.marks ->> 'person' = m.marks ->> 'person' AND o.relation = 'self'
            AND o.officer <> m.officer
    """
)
"""An officer signed the event whose person is enrolled under another code, too."""

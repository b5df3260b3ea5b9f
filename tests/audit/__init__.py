"""Tests of audits: bundles, and what tampering leaves to be found."""

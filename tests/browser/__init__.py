"""Tests of the pages in Chromium, and of their code by vitest."""

"""Tests of the service over HTTP and of the commands."""

"""A campaign's policy (活动方案): what a plan lays down, as signed data; one file for each thing that it sets.

:mod:`ledger.domain.policy.campaign_policy` is the whole that is signed. Nothing here decides: events and flag rules
ask the policy. No value that a rule of the day sets stands in code elsewhere.
"""

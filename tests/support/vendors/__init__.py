"""The vendors' servers on loopback: their bytes, their pace, and their faults on command. Start with `faults.py`.

Field lists follow the types of the vendors' own SDKs, which pass against them:
`tests/e2e/vendors/test_vendor_sdks.py`.
"""

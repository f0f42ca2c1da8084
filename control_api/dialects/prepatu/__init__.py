"""Prepatu Cloud: `/auth` and `/v1`. Start with `auth_routes.py`."""

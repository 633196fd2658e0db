"""The staff desk: a process of its own, on a port of its own, for those who keep the directory and
the switches. `model.py`, `totp.py`, `sessions.py` and `changes.py` decide; `accounts.py` keeps;
`app.py` and the pages are thin. docs/staff.md, docs/adr/0014.
"""

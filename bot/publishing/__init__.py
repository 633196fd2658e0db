"""Changing the content without an editor for text: `values.py` changes one value of a YAML file and
nothing else, `draft.py` gathers changes, `versions.py` keeps every state that was published, and
`child.py` checks and tries a draft in a process of its own. docs/staff.md, docs/adr/0015.
"""

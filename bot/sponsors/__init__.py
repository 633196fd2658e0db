"""Find my sponsor: a service user gets to their own sponsor, and nobody else can. Read
docs/adr/0009-find-my-sponsor.md first.

`model`, `hours`, `codes`, `roster`, `content`, `wording`, `unanswered`: pure. `keys`, `hashing`,
`tries`, `sessions`: in this process's memory only. `tables`, `store`, `administration`, `migrate`,
`unanswered_store`: the directory itself, which keeps the questions too that had no answer.
`lookup`: the steps of a look-up. `cli`: `python -m bot sponsors`.
"""

"""From what a subscriber is owed to a delivered mail.

`period` says which issue is due and `build` what it holds; `paper` puts one paper into words,
`render` the whole into subject, HTML and text; `message` makes the bytes, and `send` delivers them.
"""

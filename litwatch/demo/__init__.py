"""The embedded stand-in of PubMed, its synthetic records, and the demo that runs against them.

`server.py` is the stand-in, `records/` the sample records, `play.py` the demo.
"""

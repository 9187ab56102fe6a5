"""Files as vendors write them, made from the vendors' documents alone, and read by another program as by us.

The fixtures import nothing of hounsfield. What each attribute means is said beside it, with the document that says it.
"""

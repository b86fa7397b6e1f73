"""Selection: which pattern of which tool to use for a job, ranked and explained.

The engine is pure: words → relevance → policy → estimates → score → answer, over an index of a snapshot. Its faces,
the decision log and the saved cases stand around it.
"""

"""provisional"""


def suggested_version(latest, changes, taken):
    head, _, last = latest.rpartition(".")
    return (f"{head}.{int(last) + 1}", "the next")

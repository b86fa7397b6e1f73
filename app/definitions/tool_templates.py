"""provisional"""

TEMPLATES = ()


def template_document(name):
    return {}

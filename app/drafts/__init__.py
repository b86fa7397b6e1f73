"""Drafts: what somebody writes before it is published, kept on the server with every step, so that nothing is lost."""

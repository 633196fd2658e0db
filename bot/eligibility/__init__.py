"""Whose case meets which criterion, as far as the page states one. Pure: no Rasa, no HTTP, no
clock. Content: `bot/content/eligibility/`.
"""

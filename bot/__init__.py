"""LPP Signpost: conversational signposting for the London Pathways Partnership. Open
`bot/conversation.py` first.
"""

__version__ = "0.1.0"

"""LPP Signpost: conversational signposting for the London Pathways Partnership. Open
`bot/conversation.py` first.
"""

import os

__version__ = "0.1.0"

# onnxruntime tells its makers about the machine and the models unless this is set before it is
# imported (Privacy.md in its package). Nothing of ours calls anybody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

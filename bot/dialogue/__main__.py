"""`python -m bot.dialogue`: serves the dialogue workers on `<run>/dialogue.sock`. Started by
bot.supervisor.
"""

import logging
import sys

from bot.errors import SignpostError
from bot.lines import Lines, LinesHandler
from bot.settings import load_settings


def main(actions: str = "actions") -> int:
    """Loads the model and the package of custom actions, warms up, forks the workers.

    Exit code 1, with the reason on stderr, where that is not possible.
    """
    try:
        settings = load_settings()
        logging.basicConfig(
            level=settings.log_level,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            handlers=[LinesHandler(Lines(sys.stderr))],
        )
        settings.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Not above: importing these imports Rasa, which takes two seconds that a mistake in a
        # setting need not wait for.
        from bot.dialogue.agent import load_agent, silence_rasa, warm_up
        from bot.dialogue.server import DialogueServer

        agent = load_agent(settings.models, actions)
        warm_up(agent)
        silence_rasa()
    except SignpostError as error:
        print(error, file=sys.stderr)
        return 1
    DialogueServer(settings, agent).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())

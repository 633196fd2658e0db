"""A site of somebody else's: pages that use our service from another origin, by our own tag or by
clients that nobody here wrote.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

CLIENTS = {
    "/rasa-webchat.js": "rasa-webchat/lib/index.js",
    "/deep-chat.js": "deep-chat/dist/deepChat.bundle.js",
}

SET_UP = {
    "rasa-webchat": """
const params = {{ storage: 'session' }};
WebChat.default({{ socketUrl: '{service}', socketPath: '/socket.io/', title: 'Ask', customMessageDelay: () => 0, params }}, null);
""",
    # deep-chat's own shape of a message is turned into Rasa's and back, as its documentation says
    # to do for another service.
    "deep-chat": """
const chat = document.querySelector('deep-chat');
let sender = 'chosen-by-the-client';
chat.connect = {{ url: '{service}/webhooks/rest/webhook', method: 'POST' }};
chat.requestInterceptor = (request) => ({{ ...request, body: {{ sender, message: request.body.messages.at(-1).text }} }});
chat.responseInterceptor = (answers) => {{
  sender = answers[0].recipient_id;
  return {{ text: answers.map(({{ text }}) => text).join('\\n\\n') }};
}};
""",
}
BODY = {
    "rasa-webchat": """<script src="/rasa-webchat.js"></script><script src="/set-up/rasa-webchat.js"></script>""",
    "deep-chat": """<deep-chat></deep-chat><script type="module" src="/deep-chat.js"></script>
<script type="module" src="/set-up/deep-chat.js"></script>""",
}

PAGE = """<!doctype html><html lang="en"><head><title>A trust</title><link rel="icon" href="data:,"></head>
<body><main><h1>A trust</h1></main>{body}</body></html>"""
STRICT = """default-src 'none'; img-src data:; script-src 'self' {service}; connect-src {service} {socket};
require-trusted-types-for 'script'; trusted-types 'none'""".replace("\n", " ")
"""No style from anywhere but the scripts of the service, and no markup from text."""


class Host:
    """`tag` is what its owner was given to embed; `service` is where it points. `strict`: the pages
    of the other clients have the policy too.
    """

    def __init__(self, modules: Path) -> None:
        self.modules, self.tag, self.service, self.url, self.strict = modules, "", "", "", False

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self._home)
        app.router.add_get("/{name:rasa-webchat|deep-chat}", self._client)
        app.router.add_get("/set-up/{name}.js", self._set_up)
        for path, file in CLIENTS.items():
            app.router.add_get(path, self._file(self.modules / file))
        return app

    async def _home(self, request: web.Request) -> web.Response:
        return self._page(self.tag, strict=True)

    async def _client(self, request: web.Request) -> web.Response:
        return self._page(BODY[request.match_info["name"]], strict=self.strict)

    async def _set_up(self, request: web.Request) -> web.Response:
        return web.Response(
            text=SET_UP[request.match_info["name"]].format(service=self.service),
            content_type="text/javascript",
        )

    def _page(self, body: str, *, strict: bool) -> web.Response:
        policy = STRICT.format(service=self.service, socket=self.service.replace("http", "ws", 1))
        return web.Response(
            text=PAGE.format(body=body),
            content_type="text/html",
            headers={"Content-Security-Policy": policy} if strict else None,
        )

    def _file(self, path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def file(request: web.Request) -> web.StreamResponse:
            return web.FileResponse(path)

        return file

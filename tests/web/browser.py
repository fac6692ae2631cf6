#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.


"""The page in a browser, as a test uses it.

What a test asserts is what the page says and knows, not pixels.  A window
keeps what the browser complained about: a page is right only if that is
nothing.
"""

import collections.abc
import contextlib
import json
import pathlib
import time
import typing

from playwright import sync_api

_SIZE: typing.Final = {'width': 1440, 'height': 860}
#: Long enough for a machine that is busy with something else.
_TIMEOUT: typing.Final = 60.0
_POLL: typing.Final = 0.02
#: Seconds after which nothing moves any more that was asked for.
_AT_REST: typing.Final = 0.3
_AXE: typing.Final = pathlib.Path(__file__).parent / 'axe' / 'axe.min.js'
#: What a browser says of a daemon that is away, or begins, on purpose.
_AWAY: typing.Final = ('net::ERR_', 'Failed to fetch', 'status of 503')


@contextlib.contextmanager
def chromium() -> collections.abc.Iterator[sync_api.Browser]:
    """Run Debian's Chromium, without a GPU."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path='/usr/bin/chromium',
            args=['--no-sandbox', '--disable-gpu'],
        )
        yield browser
        browser.close()


class Window:
    """A window with the page.

    :param script: to be run in the page before its own
    :param on_answer: is told of each answer that the page gets
    :param options: of the browser's context, such as ``color_scheme``
    """

    def __init__(
        self,
        browser: sync_api.Browser,
        url: str,
        *,
        script: str = '',
        on_answer: collections.abc.Callable[
            [sync_api.Response], None
        ] = lambda _: None,
        **options: typing.Any,
    ) -> None:
        self.url = url
        self.context = browser.new_context(
            **{'viewport': _SIZE, 'accept_downloads': True, **options}
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self._is_closed = False
        self.requests: list[str] = []
        self.page.on('console', self._on_console)
        self.page.on(
            'pageerror', lambda error: self.complaints.append(str(error))
        )
        self.page.on('response', on_answer)
        self.page.add_init_script(script)
        self.page.on(
            'request', lambda request: self.requests.append(request.url)
        )
        self.page.goto(url)

    def close(self) -> None:
        """Close it; it must not have complained."""
        if not self._is_closed:
            self._is_closed = True
            self.context.close()
        assert not self.complaints, self.complaints

    def forgive(self) -> None:
        """Forget what was said of a daemon that was away."""
        self.complaints = [
            each
            for each in self.complaints
            if not any(sign in each for sign in _AWAY)
        ]

    def wait_for_the_cloud(self) -> typing.Self:
        self.until('!!globalThis.cdmGraph?.cloud')
        self.until_badge('live')
        return self

    def ask(self, expression: str) -> typing.Any:
        """Return what an expression of JavaScript is in the page."""
        return self.page.evaluate(expression)

    def until(self, expression: str, timeout: float = _TIMEOUT) -> float:
        """Wait until an expression is true; return how long that took.

        The policy of the page forbids Playwright's own way to wait.
        """
        began = time.monotonic()
        while not self.ask(expression):
            took = time.monotonic() - began
            assert took < timeout, f'{expression}: not within {timeout:g} s'
            time.sleep(_POLL)
        return time.monotonic() - began

    def until_badge(self, state: str, timeout: float = _TIMEOUT) -> float:
        wanted = json.dumps(state)
        return self.until(
            "document.getElementById('badge').dataset.state === " + wanted,
            timeout,
        )

    def until_text(self, selector: str, text: str) -> float:
        """Wait until something is in the text of an element."""
        return self.until(
            f'(document.querySelector({json.dumps(selector)})?.textContent '
            f"?? '').includes({json.dumps(text)})"
        )

    def host_of(self, uuid: str) -> str | None:
        """Return the name of the host that a server is shown on."""
        found: str | None = self.page.evaluate(
            '(uuid) => cdmGraph.cloud.hosts[cdmGraph.cloud.host['
            'cdmGraph.cloud.places.get(uuid)]]?.name ?? null',
            uuid,
        )
        return found

    def find(self, text: str) -> None:
        """Search for a text, and take the first that is found."""
        self.page.fill('#search', text)
        self.until("!!document.querySelector('#found li[id]')")
        self.page.press('#search', 'Enter')

    def picture(self, path: pathlib.Path) -> list[str]:
        """Leave a picture of what is shown; return what axe says of it."""
        time.sleep(_AT_REST)
        self.page.screenshot(path=str(path))
        return self.violations()

    def violations(self) -> list[str]:
        """Return what axe calls serious or critical of what is shown."""
        # Through the debugger, since the policy lets no script in.
        self.page.evaluate(_AXE.read_text() + '\n;void 0')
        found = self.page.evaluate('axe.run()')
        return [
            f'{each["id"]}: {each["help"]}: '
            + ', '.join(str(node['target']) for node in each['nodes'][:5])
            for each in found['violations']
            if each['impact'] in ('serious', 'critical')
        ]

    def _on_console(self, message: sync_api.ConsoleMessage) -> None:
        if message.type in ('error', 'warning'):
            self.complaints.append(message.text)

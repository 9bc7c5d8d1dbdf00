"""Chromium, Firefox and WebKit behind one small interface, and a host for the pages that they open.

Each engine has process groups and one folder of its own; `end()` leaves neither. Chromium is driven by
Playwright, Firefox by WebDriver BiDi over a web socket, WebKit by WebKitWebDriver on an X server of its own.
"""

import base64
import glob
import io
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
import pytest

PATIENCE = 20  # seconds for a single thing that a browser is asked for
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
FIREFOX = ("firefox-esr", "firefox")
MINIBROWSER = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
#: A window of Chromium opens two pages of its own beneath its address bar, more work than one of the book.
QUIET = "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup"


def command(*names):
    """The path of the first of these commands that is here, or None."""
    return next(filter(None, map(shutil.which, names)), None)


def chromium_path():
    """CHROMIUM, or what this machine has; without it the test is left out."""
    named = os.environ.get("CHROMIUM")
    return command(*([named] if named else CHROMIUM)) or pytest.skip(
        "there is no Chromium: apt install chromium"
    )


# -------------------------------------------------------------------------------------- host

#: WebKit tells a driver nothing of its console. So its host puts this first on every page, where no policy of
#: the page reaches it. It hears what the page logs as an error, throws, rejects, cannot load or is refused.
WATCH = """{
const faults = [], { error } = console;
const hear = (name, say) => addEventListener(name, event => { faults.push(say(event)); }, true);
Object.defineProperty(window, "heard", { value: faults });
hear("error", event => event.message === undefined
    ? `not loaded: ${event.target.src || event.target.href || event.target.nodeName}`
    : `script: ${event.message}`);
hear("unhandledrejection", event => `promise: ${event.reason}`);
hear("securitypolicyviolation", event => `policy: ${event.violatedDirective} refuses ${event.blockedURI}`);
console.error = (...all) => { faults.push(`console: ${all.join(" ")}`); error.apply(console, all); };
}"""
FRAME = (
    '<!doctype html><html lang="en"><title>A phone</title><iframe title="A page"></iframe>'
    "<style>body { margin: 0 } iframe { border: 0; display: block }</style>"
)


class Host:
    """A folder served at `address`; `missed` lists what was asked for and is not there."""

    def __init__(self, folder, watched=False):
        self.missed = missed = []

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self):
                path = unquote(urlsplit(self.path).path)
                file = Path(folder) / path.lstrip("/")
                if path == "/favicon.ico":  # what browsers ask for by themselves
                    self.say("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"/>')
                elif path == "/frame.html":
                    self.say("text/html", FRAME)
                elif path == "/watch.js":
                    self.say("text/javascript", WATCH)
                elif watched and file.suffix == ".html" and file.is_file():
                    page = file.read_text(encoding="utf-8")
                    watch = '<script src="/watch.js"></script>'
                    self.say("text/html", page.replace("<head>", f"<head>{watch}", 1))
                else:
                    super().do_GET()

            def say(self, kind, text):
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.end_headers()
                self.wfile.write(text.encode())

            def send_error(self, code, *_, **__):
                missed.append(f"{code} {self.path}")
                super().send_error(code)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):  # a browser that is ended hangs up
                pass

        self._server = Server(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


# ----------------------------------------------------------------------------------- engines


def guard(group, folder):
    """A process that ends a group, and removes its folder, when this one is gone, however it ended."""
    wait = 'read -r _; kill -s KILL -- "-$1"; sleep 1; rm -rf -- "$2"'
    return subprocess.Popen(
        ["sh", "-c", wait, "guard", str(group), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


class Engine:
    """A browser with one page. What it takes and gives:

    open(address, width, height), evaluate(javascript) -> what JSON can say, wait_for(javascript),
    click(selector), type(selector, text) and Enter, errors() since the last call, printed() -> the text on
    paper, screenshot() -> PNG, end().
    """

    name = ""
    watched = False  # whether its pages must come from Host(..., watched=True)

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="s6-engine-"))
        self.groups, self.guards, self.ended = [], [], False
        try:
            self._launch()
        except BaseException:
            self.end()
            raise

    def _environment(self, **more):
        """The browser's home is its own folder, and no desktop's services are started for it."""
        homes = ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")
        return {
            **os.environ,
            **dict.fromkeys(homes, str(self.folder)),
            "NO_AT_BRIDGE": "1",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "GSETTINGS_BACKEND": "memory",
            **more,
        }

    def _start(self, line, says):
        """Start a command, wait until what it says on its standard error matches `says`, return the match."""
        log = self.folder / f"{Path(line[0]).name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                env=self._environment(),
                start_new_session=True,
            )
        self.groups.append(process)
        self.guards.append(guard(process.pid, self.folder))
        end = time.monotonic() + 2 * PATIENCE
        while time.monotonic() < end and process.poll() is None:
            if found := re.search(says, log.read_text(errors="replace"), flags=re.M):
                return found
            time.sleep(0.02)
        raise RuntimeError(
            f"{line[0]} did not start (exit status {process.poll()}); it said:\n"
            + log.read_text(errors="replace")[-2000:]
        )

    def evaluate(self, expression):
        """The value of a JavaScript expression, awaited."""
        text = self._evaluate(f"(async () => JSON.stringify(await ({expression}\n)))()")
        return None if text is None else json.loads(text)

    def wait_for(self, expression, seconds=PATIENCE):
        """Wait until a JavaScript expression is true, also across the loading of another page."""
        end, answer = time.monotonic() + seconds, None
        while answer is not True:
            try:
                answer = self.evaluate(f"!!({expression})")
            except Exception as error:  # each driver has its own for a page that is being left
                answer = error
            assert not self.ended and time.monotonic() < end, (
                f"{self.name}: after {seconds} seconds this is not so: {expression} ({answer})"
            )
            time.sleep(0.03)

    @contextmanager
    def within(self, seconds):
        """End the browser, and fail with a line that says so, where what stands in the block takes longer."""
        timer = threading.Timer(seconds, self.end)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            assert not self.ended, f"{self.name}: not done after {seconds} seconds, so the browser was ended"

    def _pdf_text(self, data):
        from pypdf import PdfReader

        assert data.startswith(b"%PDF-")
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)

    def end(self):
        """End all processes and remove the folder; also from another thread, while a call waits."""
        self.ended = True
        for process in reversed(self.groups):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait(PATIENCE)
        for each in self.guards:
            each.kill()
            each.communicate()
        end = time.monotonic() + PATIENCE  # what is killed ends when its turn comes, and may write until then
        while self.members() and time.monotonic() < end:
            time.sleep(0.02)
        shutil.rmtree(self.folder, ignore_errors=True)

    def members(self):
        """The processes of its groups that have not ended; a zombie has."""
        leaders, found = {process.pid for process in self.groups}, []
        for each in psutil.process_iter():
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                if os.getpgid(each.pid) in leaders and each.status() != psutil.STATUS_ZOMBIE:
                    found.append(each)
        return found


class Chromium(Engine):
    name = "chromium"

    def __init__(self, playwright):
        self.playwright, self.faults = playwright, []
        self.path = chromium_path()
        super().__init__()

    def _launch(self):
        found = self._start(
            [
                self.path,
                "--headless",
                "--remote-debugging-port=0",
                f"--user-data-dir={self.folder}/profile",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--disable-breakpad",
                QUIET,
                "about:blank",
            ],
            r"DevTools listening on (ws://\S+)",
        )
        self.browser = self.playwright.chromium.connect_over_cdp(found[1], timeout=2e3 * PATIENCE)
        self.page = self.browser.new_page()
        self.page.set_default_timeout(1e3 * PATIENCE)
        self.page.on("console", lambda said: said.type == "error" and self.faults.append(f"log: {said.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))

    def open(self, address, width=1280, height=800):
        self.page.goto("about:blank")
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(address)

    def _evaluate(self, expression):
        return self.page.evaluate(expression)

    def click(self, selector):
        self.page.locator(selector).first.click()

    def type(self, selector, text):
        field = self.page.locator(selector).first
        field.select_text()
        field.press_sequentially(text)
        field.press("Enter")

    def errors(self):
        self.page.wait_for_timeout(100)
        faults, self.faults = self.faults, []
        return faults

    def printed(self):
        return self._pdf_text(self.page.pdf())

    def screenshot(self):
        return self.page.screenshot()


class Firefox(Engine):
    """By WebDriver BiDi (https://w3c.github.io/webdriver-bidi/): JSON over a web socket."""

    name = "firefox"

    def __init__(self):
        self.path = command(*FIREFOX)
        if self.path is None:
            pytest.skip("there is no Firefox: apt install firefox-esr")
        super().__init__()

    def _launch(self):
        from websocket import create_connection

        self.faults, self.calls = [], 0
        profile = self.folder / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(
            'user_pref("toolkit.cosmeticAnimations.enabled", false);\n'
            'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'
        )
        found = self._start(
            [self.path, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)],
            r"WebDriver BiDi listening on (ws://\S+)",
        )
        self.socket = create_connection(f"{found[1]}/session", timeout=2 * PATIENCE, suppress_origin=True)
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method, **parameters):
        """Send a command and return its result; what is logged meanwhile is kept."""
        self.calls += 1
        self.socket.send(json.dumps({"id": self.calls, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.faults.append(f"{answer['params']['type']}: {answer['params']['text']}")
            elif answer.get("id") == self.calls:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
                return answer["result"]

    def open(self, address, width=1280, height=800):
        self.call("browsingContext.navigate", context=self.context, url="about:blank", wait="complete")
        size = {"width": width, "height": height}
        self.call("browsingContext.setViewport", context=self.context, viewport=size)
        self.call("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def _run(self, expression):
        answer = self.call(
            "script.evaluate", expression=expression, awaitPromise=True, target={"context": self.context}
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"]

    def _evaluate(self, expression):
        return self._run(expression).get("value")

    def _act(self, kind, actions):
        device = {"type": kind, "id": kind, "actions": actions}
        self.call("input.performActions", context=self.context, actions=[device])

    def click(self, selector):
        node = self._run(f"""(async () => {{
            const node = document.querySelector({json.dumps(selector)});
            node.scrollIntoView({{ block: "center", behavior: "instant" }});
            await new Promise(requestAnimationFrame);
            return node; }})()""")
        element = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        self._act(
            "pointer",
            [
                {"type": "pointerMove", "x": 0, "y": 0, "origin": element},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerUp", "button": 0},
            ],
        )

    def type(self, selector, text):
        self.click(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        keys = ["\ue017", *text, "\ue007"]  # Delete, the text, Enter
        self._act("key", [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")])

    def errors(self):
        time.sleep(0.1)
        self.evaluate("new Promise(requestAnimationFrame)")
        faults, self.faults = self.faults, []
        return faults

    def printed(self):
        printed = self.call("browsingContext.print", context=self.context)
        return self._pdf_text(base64.b64decode(printed["data"]))

    def screenshot(self):
        return base64.b64decode(self.call("browsingContext.captureScreenshot", context=self.context)["data"])


class WebKit(Engine):
    """By WebKitWebDriver. Its window is never narrower than some 450 px, so a phone is a frame in a page."""

    name, watched = "webkit", True
    NARROWEST = 500

    def __init__(self):
        self.mini = next(iter(sorted(glob.glob(MINIBROWSER), reverse=True)), None)
        self.path, self.display = command("WebKitWebDriver"), command("Xvfb")
        if None in (self.mini, self.path, self.display):
            pytest.skip("there is no WebKit, or no screen for it: apt install webkit2gtk-driver xvfb")
        super().__init__()

    def _launch(self):
        from selenium import webdriver
        from selenium.webdriver.remote.client_config import ClientConfig
        from selenium.webdriver.remote.remote_connection import RemoteConnection
        from selenium.webdriver.webkitgtk.service import Service

        screen = self._start(
            [self.display, "-displayfd", "2", "-screen", "0", "1700x1300x24", "-nolisten", "tcp"], r"^(\d+)\n"
        )
        options = webdriver.WebKitGTKOptions()
        options.binary_location = self.mini
        options.add_argument("--automation")
        # Kept, for what is not kept stops its process.
        self.service = Service(
            self.path,
            env=self._environment(DISPLAY=f":{screen[1]}", GDK_BACKEND="x11"),
            popen_kw={"start_new_session": True},
        )
        self.service.start()
        self.groups.append(self.service.process)
        self.driver = webdriver.Remote(
            options=options,
            command_executor=RemoteConnection(
                client_config=ClientConfig(self.service.service_url, timeout=2 * PATIENCE)
            ),
        )
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)

    def open(self, address, width=1280, height=800):
        framed = width < self.NARROWEST
        self.driver.switch_to.default_content()
        inner = self.driver.execute_script("return [outerWidth - innerWidth, outerHeight - innerHeight]")
        self.driver.set_window_size(max(width, self.NARROWEST) + inner[0], height + inner[1])
        if not framed:
            # A page that differs from the last one in its fragment alone would not be loaded again.
            self.driver.get("about:blank")
            self.driver.get(address)
            return
        from selenium.webdriver.support.ui import WebDriverWait

        parts = urlsplit(address)
        self.driver.get(f"{parts.scheme}://{parts.netloc}/frame.html")
        # WebKit, when it is busy, may say that it is there before it is.
        WebDriverWait(self.driver, PATIENCE).until(
            lambda driver: driver.execute_script("return document.querySelector('iframe') !== null")
        )
        self.driver.execute_async_script(
            """const [width, height, address, done] = arguments;
            const frame = document.querySelector("iframe");
            frame.width = width; frame.height = height; frame.onload = done; frame.src = address;""",
            width,
            height,
            address,
        )
        self.driver.switch_to.frame(0)

    def _evaluate(self, expression):
        return self.driver.execute_script(f"return {expression}")

    def _element(self, selector):
        return self.driver.find_element("css selector", selector)

    def click(self, selector):
        from selenium.common.exceptions import ElementNotInteractableException
        from selenium.webdriver.support.ui import WebDriverWait

        def click(driver):
            element = self._element(selector)
            driver.execute_script(
                "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", element
            )
            element.click()
            return True

        # WebKit, when it is busy, clicks neither what it has not laid out yet nor what it did not scroll to.
        WebDriverWait(self.driver, PATIENCE, ignored_exceptions=[ElementNotInteractableException]).until(
            click
        )

    def type(self, selector, text):
        self.click(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self._element(selector).send_keys("\ue017", text, "\ue007")  # Delete, the text, Enter

    def errors(self):
        self.evaluate("new Promise(done => setTimeout(done, 100))")
        return self.evaluate("window.heard ? heard.splice(0) : ['not watched: WebKit would report nothing']")

    def printed(self):
        """WebKitGTK's driver prints nothing: the page is shown here by its rules for paper."""
        return self.evaluate("""(async () => {
            dispatchEvent(new Event("beforeprint"));
            const turn = media => { media.mediaText =
                media.mediaText.replace(/\\bprint\\b/g, "all").replace(/\\bscreen\\b/g, "print"); };
            const walk = part => {
                if (part.media) turn(part.media);
                for (const rule of part.cssRules ?? []) walk(rule);
            };
            [...document.styleSheets, ...document.adoptedStyleSheets].forEach(walk);
            await new Promise(requestAnimationFrame);
            return document.body.innerText; })()""")

    def screenshot(self):
        return self.driver.get_screenshot_as_png()

#!/usr/bin/env python3
"""Takes the pictures of the dashboard from the running program.

    cargo build --release
    pip install pyte
    docs/pictures/make.py                        # those of the README, into this directory
    docs/pictures/make.py --every --out DIR      # every view and dialog, in both sizes and themes

Starts scimtop on loopback with a store of its own in a temporary directory, sends what an Okta
and an Entra tenant would, attaches a dashboard inside tmux, presses keys, and writes what the
terminal shows as SVG. Needs tmux, and Python 3.9 with pyte.
"""

import argparse
import contextlib
import html
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unicodedata
import urllib.error
import urllib.parse
import urllib.request

import pyte

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OKTA = {"User-Agent": "Okta SCIM Client 1.0.0", "Accept": "application/scim+json"}
ENTRA = {"Accept": "application/scim+json"}

PEOPLE = [
    name.split()
    for name in """
    Ada Lovelace|Grace Hopper|Alan Turing|Katherine Johnson|Edsger Dijkstra|Barbara Liskov
    |Donald Knuth|Frances Allen|Ken Thompson|Radia Perlman|Dennis Ritchie|Margaret Hamilton
    |Niklaus Wirth|Shafi Goldwasser|Leslie Lamport|Adele Goldberg|Tony Hoare|Jean Bartik
    |John Backus|Lynn Conway|Robin Milner|Karen Jones|Vint Cerf|Evelyn Boyd|Jim Gray
    |Mary Keller|Edgar Codd|Hedy Lamarr|Ivan Sutherland|Anita Borg|Zoë Müller|Noor Khan
    |Chen Wei|Ngozi Okafor|Jürgen Schmidt|Aiko Tanaka|Omar Haddad|Priya Nair|Lena Berg
    |Mateo Silva|Sofia Rossi|Emil Novak|Ines Costa|Jonas Lind|Maya Cohen|Tariq Aziz
    """.replace("\n", " ").split("|")
]
GROUPS = {"Finance": 18, "Engineering": 24, "Sales": 14, "Analysts": 9, "Contractors": 6}


class Server:
    """scimtop with a store of its own."""

    def __init__(self, binary, home):
        self.binary, self.home = str(binary), home
        with contextlib.closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "LC_ALL": "C.UTF-8",
            "COLORTERM": "truecolor",
        }
        for name in ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "TMUX"):
            self.environment.pop(name, None)
        (home / "config" / "scimtop").mkdir(parents=True)
        self.log = open(home / "server.log", "wb")
        self.process = subprocess.Popen(
            [self.binary, "--no-tui", "--listen", f"127.0.0.1:{self.port}"],
            env=self.environment, stdout=self.log, stderr=subprocess.STDOUT,
        )
        until(self.ready, "the server does not answer")

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1):
                return True
        except OSError:
            return False

    def run(self, *arguments):
        """A command, and the JSON that it printed."""
        done = subprocess.run(
            [self.binary, *arguments, "--json"],
            env=self.environment, capture_output=True, text=True, check=False,
        )
        if done.returncode:
            raise SystemExit(f"scimtop {' '.join(arguments)}: {done.stderr or done.stdout}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


class Client:
    """An identity provider's SCIM client."""

    def __init__(self, server, token, headers):
        self.base = f"http://127.0.0.1:{server.port}/scim/v2"
        self.headers = {**headers, "Authorization": f"Bearer {token}"}

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = dict(self.headers)
        if data is not None:
            headers["Content-Type"] = "application/scim+json; charset=utf-8"
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return json.loads(error.read() or b"{}")

    def find(self, resource, attribute, value, **more):
        query = urllib.parse.urlencode(
            {"filter": f'{attribute} eq "{value}"', **more}, quote_via=urllib.parse.quote
        )
        return self.send("GET", f"/{resource}?{query}")

    def patch(self, path, *operations):
        return self.send("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})


def until(ready, problem, seconds=20):
    """Waits for what another process does."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(problem)
        time.sleep(0.05)


def name_of(given, family):
    return unicodedata.normalize("NFKD", f"{given[0]}.{family}".lower()).encode("ascii", "ignore").decode()


def account(number, given, family):
    name = name_of(given, family)
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": f"{name}@example.com",
        "externalId": f"00u{number:04}",
        "name": {"givenName": given, "familyName": family},
        "displayName": f"{given} {family}",
        "emails": [{"primary": True, "value": f"{name}@example.com", "type": "work"}],
        "active": True,
        ENTERPRISE: {"department": list(GROUPS)[number % len(GROUPS)]},
    }


def furnish(server):
    """A directory with a past: people, groups, roles, content, removals, refusals."""
    server.run("org", "create", "analytics-eu")
    server.run("org", "enable-scim", "analytics-eu")
    server.run("org", "policy", "0", "hold", "--yes")
    secrets = {
        label: server.run("token", "create", "--org", org, "--label", label, *more)
        for label, org, more in (
            ("okta-prod", "0", ()),
            ("entra-eu", "analytics-eu", ("--for", "12d")),
            ("okta-old", "0", ("--for", "90d")),
        )
    }
    okta = Client(server, secrets["okta-prod"]["secret"], OKTA)
    entra = Client(server, secrets["entra-eu"]["secret"], ENTRA)
    old = Client(server, secrets["okta-old"]["secret"], OKTA)

    for role, privileges in {
        "Analyst": ("DATADOWNLOADING", "DEVELOPER"),
        "Uploader": ("USERDATAUPLOADING",),
        "Steward": ("DATAMANAGEMENT",),
    }.items():
        server.run("roles", "create", role, *(word for p in privileges for word in ("--privilege", p)))

    ids = {}
    # Created by another client than the one that removes: an account that goes within ten minutes
    # of its creation counts as a connection test.
    for number, (given, family) in enumerate(PEOPLE):
        body = account(number, given, family)
        old.find("Users", "userName", body["userName"], startIndex=1, count=100)
        ids[body["userName"]] = old.send("POST", "/Users", body)["id"]
    everyone = list(ids)
    start, groups = 0, {}
    for group, size in GROUPS.items():
        members = [{"value": ids[everyone[(start + at) % len(everyone)]]} for at in range(size)]
        start += size // 2
        groups[group] = okta.send(
            "POST", "/Groups", {"schemas": [GROUP], "displayName": group, "members": members}
        )["id"]
    server.run("roles", "grant", "Analyst", "--group", "Finance")
    server.run("roles", "grant", "Uploader", "--group", "Engineering")
    server.run("roles", "rule", "Steward", "--group-name", "Analysts")

    items = server.home / "items.csv"
    with items.open("w") as out:
        out.write("kind,id,title,owner\n")
        for at in range(120):
            kind, title = [("liveboard", "Revenue"), ("answer", "Churn"), ("liveboard", "Pipeline")][at % 3]
            out.write(f"{kind},{kind[:2]}-{at},{title} {at},{everyone[at % 12]}\n")
    server.run("content", "import", str(items))

    for number, (given, family) in enumerate(PEOPLE[:24]):
        body = account(number, given, family)
        query = urllib.parse.quote(f'userName eq "{body["userName"]}"')
        entra.send("GET", f"/Users?filter={query}")
        entra.send("POST", "/Users", {**body, "meta": {"resourceType": "User"}, "roles": []})
    group = entra.send("POST", "/Groups", {
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0", "displayName": "Analysts EU", "meta": {"resourceType": "Group"}})
    entra.find("Groups", "displayName", "Analysts EU", excludedAttributes="members")
    for name in everyone[:6]:
        found = entra.find("Users", "userName", name)["Resources"][0]["id"]
        entra.patch(f"/Groups/{group['id']}",
                    {"op": "Add", "path": "members", "value": [{"$ref": None, "value": found}]})
    found = entra.find("Users", "userName", everyone[20])["Resources"][0]["id"]
    entra.patch(f"/Users/{found}", {"op": "Replace", "path": "active", "value": "False"})

    # What operators come for: removals, a client's mistakes, a token that was revoked.
    for name in everyone[2:6]:
        user = okta.send("GET", f"/Users/{ids[name]}")
        okta.send("PUT", f"/Users/{ids[name]}", {**user, "active": False})
    okta.patch(f"/Users/{ids[everyone[8]]}", {"op": "replace", "path": "nickname.first", "value": "G"})
    okta.send("POST", "/Users", account(99, "Grace", "Hopper"))
    okta.patch(f"/Groups/{groups['Finance']}",
               {"op": "remove", "path": f'members[value eq "{ids[everyone[1]]}"]'},
               {"op": "add", "path": "members", "value": [{"value": ids[everyone[30]]}]})
    server.run("token", "revoke", secrets["okta-old"]["token"]["id"], "--yes")
    for _ in range(24):
        old.find("Users", "userName", "q.quinn@example.com", startIndex=1, count=100)
    return okta, entra, ids


def overrun(okta, ids):
    """More removals than the guard lets pass."""
    for name in list(ids)[24:40]:
        okta.send("DELETE", f"/Users/{ids[name]}")


class Dashboard:
    """`scimtop attach`, or another command with a dashboard, in a tmux of its own."""

    def __init__(self, server, columns, rows, theme, command=("attach",)):
        # One of its own: a tmux that is ending takes no new session.
        self.socket = tempfile.mktemp("", "tmux-", server.home)
        self.environment = server.environment
        words = [server.binary, *command, "--theme", theme]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  " ".join(map(repr, words)))
        self.tmux("set", "-g", "status", "off")
        self.tmux("set", "-ga", "terminal-overrides", ",*:Tc")
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))
        self.settle()

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], env=self.environment,
                              check=True, capture_output=True, text=True).stdout

    def capture(self):
        return self.tmux("capture-pane", "-e", "-p", "-N")

    def settle(self):
        """Waits until the screen has stood still for a moment, or the dashboard has left it."""
        before, now, still = "", "", 0
        for _ in range(100):
            if still >= 4:
                return
            time.sleep(0.1)
            with contextlib.suppress(subprocess.CalledProcessError):
                now = self.capture()
            still = still + 1 if now == before and now.strip() else 0
            before = now

    def press(self, *keys):
        for key in keys:
            if key.startswith("="):
                self.tmux("send-keys", "-l", key[1:])
            else:
                self.tmux("send-keys", key)
            time.sleep(0.05)
        self.settle()

    def close(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.tmux("kill-server")


# Name, keys. `=text` types text. The dashboard is opened anew for each.
README = [
    ("removal", 120, 30, "dark", ["5", "G", "k", "Enter"]),
]
# The demonstration, so many seconds after it began, at that speed: the scope changes.
DEMO = ("demo", 120, 34, "dark", 112, 600)
SCENES = {
    "live": ["1"],
    "live-error": ["1", "e"],
    "live-open": ["1", "e", "Enter"],
    "live-request": ["1", "e", "Enter", "Tab"],
    "live-filter": ["1", "/", "=status>=400 client:okta"],
    "live-filter-fault": ["1", "/", "=status>=4x0"],
    "alerts": ["2"],
    "alert-open": ["2", "Enter"],
    "alert-related": ["2", "o"],
    "runbook": ["2", "R"],
    "alert-diagnosis": ["2", "j", "d"],
    "silence": ["2", "j", "u", "h"],
    "users": ["3"],
    "user-open": ["3", "Enter"],
    "user-access": ["3", "Enter", "Tab"],
    "user-content": ["3", "Enter", "Tab", "Tab"],
    "user-history": ["3", "Enter", "Tab", "Tab", "Tab"],
    "user-diagnosis": ["3", "o", "d"],
    "user-resource": ["3", "Enter", "Tab", "Tab", "Tab", "Tab", "Tab"],
    "groups": ["4"],
    "group-open": ["4", "Enter"],
    "group-history": ["4", "Enter", "Tab"],
    "removals": ["5"],
    "removal-open": ["5", "Enter"],
    "removal-content": ["5", "Enter", "Tab"],
    "removal-groups": ["5", "Enter", "Tab", "Tab"],
    "removal-timeline": ["5", "Enter", "Tab", "Tab", "Tab"],
    "removal-request": ["5", "Enter", "Tab", "Tab", "Tab", "Tab"],
    "holds": ["5", "Tab"],
    "guard": ["5", "Tab", "Tab"],
    "guard-open": ["5", "Tab", "Tab", "Enter"],
    "transfers": ["5", "Tab", "Tab", "Tab"],
    "restore": ["5", "Tab", "u", "r"],
    "purge": ["5", "Tab", "u", "p"],
    "approve": ["5", "Tab", "Tab", "u", "a"],
    "give-back": ["5", "Tab", "Tab", "Tab", "u", "b"],
    "tokens": ["6"],
    "token-open": ["6", "Enter"],
    "token-create": ["6", "u", "c"],
    "token-rotate": ["6", "u", "r"],
    "token-revoke": ["6", "u", "d"],
    "health": ["7"],
    "audit": ["8"],
    "audit-open": ["8", "Enter"],
    "audit-verify": ["8", "v"],
    "help": ["?"],
    "help-removals": ["5", "?"],
    "palette": [":"],
    "palette-theme": [":", "=theme "],
    "org": ["O"],
    "related": ["1", "e", "o"],
    "copy": ["1", "y"],
    "export": ["1", "x"],
}


def cells(text):
    """How many columns a terminal gives to it."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def svg(capture, columns, rows, light):
    """The captured terminal as SVG: one rectangle or text a run of equal style."""
    screen = pyte.Screen(columns, rows)
    screen.reset_mode(pyte.modes.DECAWM)
    pyte.Stream(screen).feed("\r\n".join(capture.rstrip("\n").split("\n")[:rows]))
    wide, high, margin = 8.4, 18, 10
    ink, paper = ("2e3440", "fafafa") if light else ("d8dee9", "1c2028")
    ansi = dict(zip("black red green brown blue magenta cyan white".split(),
                    "3b4252 bf616a a3be8c ebcb8b 81a1c1 b48ead 88c0d0 e5e9f0".split()))
    ansi |= dict(zip(("bright" + name for name in "black red green brown blue magenta cyan white".split()),
                     "616e88 d57780 b1d196 f0d8a8 8fafd1 c895bf 93ccdc eceff4".split()))

    def style(cell):
        front = ink if cell.fg == "default" else ansi.get(cell.fg, cell.fg)
        back = paper if cell.bg == "default" else ansi.get(cell.bg, cell.bg)
        if cell.reverse:
            front, back = back, front
        return front, back, cell.bold, cell.italics, cell.underscore

    width, height = columns * wide + 2 * margin, rows * high + 2 * margin
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">',
        "<style>text{font:14px 'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}"
        ".b{font-weight:700}.i{font-style:italic}.u{text-decoration:underline}</style>",
        f'<rect width="100%" height="100%" rx="6" fill="#{paper}"/>',
    ]
    for y in range(rows):
        line, x = screen.buffer[y], 0
        while x < columns:
            look, start, text = style(line[x]), x, ""
            while x < columns and style(line[x]) == look:
                text += line[x].data
                x += 1
            front, back, bold, italic, underline = look
            left, top = margin + start * wide, margin + y * high
            if back != paper:
                out.append(f'<rect x="{left:.1f}" y="{top}" width="{(x - start) * wide:.1f}" '
                           f'height="{high}" fill="#{back}"/>')
            names = "".join(n for n, on in zip("biu", (bold, italic, underline)) if on)
            names = f' class="{" ".join(names)}"' if names else ""
            # Apart at wide gaps, and with its length: the grid holds whatever the font.
            for piece in re.finditer(r"\S+(?: \S+)*", text):
                at = left + cells(text[: piece.start()]) * wide
                out.append(f'<text x="{at:.1f}" y="{top + 13.5}" fill="#{front}"{names} '
                           f'textLength="{cells(piece[0]) * wide:.1f}">{html.escape(piece[0])}</text>')
    return "\n".join([*out, "</svg>", ""])


def take(server, out, name, columns, rows, theme, keys, ansi=False):
    board = Dashboard(server, columns, rows, theme)
    try:
        board.press(*keys)
        save(board.capture(), out, name, columns, rows, theme, ansi)
    finally:
        board.close()


def take_demo(server, out, ansi):
    name, columns, rows, theme, seconds, speed = DEMO
    board = Dashboard(server, columns, rows, theme, ("demo", "--speed", str(speed)))
    try:
        time.sleep(seconds)
        # Rows, even if they come as a storm.
        board.press("Space")
        save(board.capture(), out, name, columns, rows, theme, ansi)
        board.press("q")
    finally:
        board.close()


def save(capture, out, name, columns, rows, theme, ansi):
    (out / f"{name}.svg").write_text(svg(capture, columns, rows, "light" in theme))
    if ansi:
        (out / f"{name}.ans").write_text(capture)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/scimtop")
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--every", action="store_true", help="every view and dialog")
    parser.add_argument("--only", action="append", help="with --every: scenes that begin with this")
    parser.add_argument("--size", action="append", help="with --every: COLUMNSxROWS")
    parser.add_argument("--theme", action="append", help="with --every")
    parser.add_argument("--ansi", action="store_true", help="keep what tmux captured, too")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    home = pathlib.Path(tempfile.mkdtemp(prefix="scimtop-pictures-"))
    server = Server(options.binary.resolve(), home)
    try:
        okta, entra, ids = furnish(server)
        overrun(okta, ids)
        if options.every:
            for size in options.size or ["80x24", "200x60"]:
                columns, rows = map(int, size.split("x"))
                for theme in options.theme or ["dark", "light"]:
                    for name, keys in SCENES.items():
                        if not options.only or any(name.startswith(o) for o in options.only):
                            take(server, options.out, f"{name}-{size}-{theme}", columns, rows, theme, keys,
                                 options.ansi)
        else:
            take_demo(server, options.out, options.ansi)
            for name, columns, rows, theme, keys in README:
                take(server, options.out, name, columns, rows, theme, keys, options.ansi)
    finally:
        server.stop()
        shutil.rmtree(home)


if __name__ == "__main__":
    main()

"""A collector or an agent whose doors ask who calls, with an authority of its own, and callers of every kind."""

import glob
import http.client
import json
import socket
import ssl
import subprocess
import urllib.parse

from node import PROGRAM, Node, run_program


class Authority:
    """A cluster's authority in a folder, by the command line."""

    def __init__(self, path):
        self.path = path
        self.at = ["--dir", path]
        self._run("pki", "init")

    @property
    def ca(self):
        return self.path + "/ca.crt"

    @property
    def revocation_list(self):
        return self.path + "/crl.pem"

    @property
    def tokens(self):
        return self.path + "/tokens.json"

    def issue(self, role, name, *options):
        """Makes a certificate: the paths of it and of its key."""
        return tuple(self._run("pki", "issue", role, name, *options).split())

    def renew(self, role, name):
        self._run("pki", "renew", role, name)

    def revoke(self, role, name):
        """Revokes a certificate: the paths at which it and its key are set aside."""
        self._run("pki", "revoke", role, name)
        stem = f"{self.path}/issued/{role}-{name}"
        return tuple(sorted(glob.glob(f"{stem}.{end}.revoked-*"))[-1] for end in ("crt", "key"))

    def token(self, name, *scopes):
        """Makes a token: its id and its secret."""
        options = [word for scope in scopes for word in ("--scope", scope)]
        answer = json.loads(self._run("token", "create", name, *options, "--output", "json"))
        return answer["id"], answer["secret"]

    def revoke_token(self, token):
        self._run("token", "revoke", token)

    def expire_token(self, token):
        """Puts a token's end into the past, which no command does."""
        with open(self.tokens, encoding="utf-8") as file:
            content = json.load(file)
        for one in content["tokens"]:
            if one["id"] == token:
                one["expires_at"] = one["created_at"] - 1
        with open(self.tokens, "w", encoding="utf-8") as file:
            json.dump(content, file)

    def _run(self, *arguments):
        result = run_program(*arguments, *self.at)
        if result.returncode != 0:
            raise RuntimeError(f"{arguments}: {result.stderr.decode()}")
        return result.stdout.decode()


class Guarded(Node):
    """A collector or an agent with a certificate, which knows an authority's tokens."""

    def __init__(
        self, data, authority, role, name, *settings, names=("--ip", "127.0.0.1", "--dns", "localhost"), api=None
    ):
        super().__init__(data, *settings)
        if api:
            self.command[self.command.index("--api") + 1] = api
        self.authority = authority
        certificate, key = authority.issue(role, name, *names)
        self.command[1] = role
        self.command += ["--ca", authority.ca, "--certificate", certificate, "--key", key]
        self.command += ["--revocation-list", authority.revocation_list, "--tokens-file", authority.tokens]
        if role == "collector":
            self.command += ["--peer", "127.0.0.1:0", "--replication", "1"]
        if role == "agent":
            # Nobody is there: it keeps what it takes in.
            self.command += ["--seed", "127.0.0.1:1"]

    def tls(self, certificate=None):
        """A context that trusts the authority, and shows a certificate."""
        context = ssl.create_default_context(cafile=self.authority.ca)
        if certificate:
            context.load_cert_chain(*certificate)
        return context

    def ask(self, path, token=None, certificate=None, method="GET", base=None, body=None, headers=None):
        """One request on a connection of its own: status, headers in lower case, and body; or what broke it.

        A node that refuses the certificate does so when the caller's side of the handshake is over: it is `cut off`.
        """
        parts = urllib.parse.urlsplit(base or self.api)
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=20, context=self.tls(certificate)
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = "Bearer " + token
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            shown = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, shown, answer.read()
        except (ssl.SSLError, ConnectionResetError, BrokenPipeError) as error:
            # What is written meanwhile may keep the alert from being read.
            return "cut off", {}, str(error).encode()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__, {}, str(error).encode()
        finally:
            connection.close()

    def status(self, path, **options):
        return self.ask(path, **options)[0]

    def connect(self, certificate=None):
        """An open connection to the API."""
        parts = urllib.parse.urlsplit(self.api)
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=20, context=self.tls(certificate))
        connection.connect()
        return connection

    def session(self, certificate=None):
        """A TLS session that may be taken up again: its context and itself."""
        context = self.tls(certificate)
        return context, self._exchange(context, None, "/livez")[2]

    def resumed(self, certificate, path, session=None):
        """A request in a session that is taken up again: whether the node did, and the status; 0 for none."""
        context, session = session or self.session(certificate)
        return self._exchange(context, session, path)[:2]

    def _exchange(self, context, session, path):
        parts = urllib.parse.urlsplit(self.api)
        try:
            with socket.create_connection((parts.hostname, parts.port), 20) as raw:
                with context.wrap_socket(raw, server_hostname=parts.hostname, session=session) as secure:
                    secure.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                    words = secure.recv(4096).split()
                    return secure.session_reused, int(words[1]) if words else 0, secure.session
        except OSError:
            return False, 0, None

    def shown_serial(self):
        """The serial number of the certificate that a new connection is shown."""
        connection = self.connect()
        try:
            return connection.sock.getpeercert()["serialNumber"]
        finally:
            connection.close()

    def command_with(self, *arguments, environment=None, endpoint=None):
        """A command of the program that asks this node."""
        own = {**self.environment, **(environment or {})}
        return subprocess.run(
            [PROGRAM, *arguments, "--endpoint", endpoint or self.api], capture_output=True, timeout=60, env=own
        )

    def refused(self, area="api"):
        """How many requests were refused, by reason; asked with the operator's certificate."""
        counts = {}
        for line in self.ask("/metrics", certificate=self.operator)[2].decode().splitlines():
            if line.startswith(f"neoscope_{area}_refused_requests_total{{"):
                counts[line.split('"')[1]] = int(float(line.rsplit(" ", 1)[1]))
        return counts


def ask_on(connection, path):
    """The status of one more request on an open connection."""
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status

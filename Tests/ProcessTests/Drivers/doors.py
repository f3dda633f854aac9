"""Doors that ask who calls: the API and OTLP through TLS, with tokens and certificates of every kind."""

import json
import os
import signal
import socket
import ssl

from checks import expect, expect_that, run
from guarded import Authority, Guarded, ask_on
from node import folder, wait_until

READING = "/api/v1/services"


def api():
    """The API of a collector: who may ask for what, by token or certificate, and what is told to those who may not."""
    with folder() as place:
        authority, other = Authority(place + "/pki"), Authority(place + "/other")
        tokens = {name: authority.token(name, *scopes) for name, scopes in {
            "reader": ["read"], "writer": ["write"], "both": ["read", "write"], "revoked": ["read"], "expired": ["read"],
        }.items()}
        authority.revoke_token(tokens["revoked"][0])
        authority.expire_token(tokens["expired"][0])
        operator, agent = authority.issue("operator", "me"), authority.issue("agent", "host-9")
        peer = authority.issue("collector", "node-9")
        authority.issue("operator", "gone")
        gone = authority.revoke("operator", "gone")
        stranger = other.issue("operator", "me")
        node = Guarded(place + "/data", authority, "collector", "node-1")
        node.operator = operator
        with node:
            expect_that("the API speaks TLS", node.api.startswith("https://"), node.endpoints)
            expect_that("OTLP on loopback does not", node.otlp_http.startswith("http://"), node.endpoints)
            health, figures, admin = "/livez", "/metrics", "/api/v1/seal"
            everything = [health, "/healthz", "/healthz?verbose", figures, READING, "/api/traces", admin]
            nothing = [200, 200, 401, 401, 401, 401, 401]
            reader = [200, 200, 200, 200, 200, 400, 403]
            for who, shown, wanted in [
                ("nobody", {}, nothing),
                ("a reader", {"token": tokens["reader"][1]}, reader),
                ("a reader and writer", {"token": tokens["both"][1]}, reader),
                ("a writer", {"token": tokens["writer"][1]}, [200, 200, 403, 403, 403, 403, 403]),
                ("a revoked token", {"token": tokens["revoked"][1]}, nothing),
                ("an expired token", {"token": tokens["expired"][1]}, nothing),
                ("a made-up token", {"token": tokens["reader"][1][:-4] + "0000"}, nothing),
                ("no token at all", {"token": "nsk"}, nothing),
                ("an operator", {"certificate": operator}, [200, 200, 200, 200, 200, 400, 200]),
                ("a collector", {"certificate": peer}, reader),
                ("an agent", {"certificate": agent}, [200, 200, 200, 200, 403, 403, 403]),
                ("an agent with a token", {"certificate": agent, "token": tokens["reader"][1]}, reader),
            ]:
                seen = [node.status(path, method="POST" if path == admin else "GET", **shown) for path in everything]
                expect(f"{who} is answered", seen, wanted)
            for who, certificate in [("a revoked operator", gone), ("another authority's operator", stranger)]:
                status, _, words = node.ask(health, certificate=certificate)
                expect(f"{who} is cut off in the handshake", status, "SSLError")
                expect_that(f"{who} is told by an alert", b"alert" in words.lower(), words)
            status, headers, body = node.ask(READING)
            expect("a challenge", headers.get("www-authenticate"), 'Bearer realm="neoscope"')
            expect("a body that says so", json.loads(body)["error"]["code"], 401)
            status, headers, body = node.ask(READING, token=tokens["writer"][1])
            expect_that("the scope is named", "insufficient_scope" in headers.get("www-authenticate", ""), headers)
            status, headers, body = node.ask(READING, certificate=agent)
            expect("no challenge where a token is not asked for", (status, headers.get("www-authenticate")), (403, None))
            for path in ("/%61pi/v1/seal", "//api/v1/seal", "/api/v1/seal/"):
                status = node.status(path, method="POST", token=tokens["reader"][1])
                expect_that(f"{path} is no way around", status in (403, 404), status)
            hosts = {"localhost": 200, f"127.0.0.1:{node.api.rsplit(':', 1)[1]}": 200, "evil.example": 403}
            for host, wanted in hosts.items():
                expect(f"Host {host}", node.status(health, headers={"Host": host}), wanted)
            origin = {"Origin": "https://evil.example"}
            status = node.status(admin, method="POST", certificate=operator, headers=origin)
            expect("a web page with the operator's certificate", status, 403)
            refused = node.refused()
            expect_that("every reason is counted", all(refused[reason] > 0 for reason in (
                "no_credential", "bad_token", "wrong_scope", "wrong_role")), refused)
            expect("plain HTTP is cut off", node.status(health, base=node.api.replace("https", "http")), "RemoteDisconnected")
            old = ssl.create_default_context(cafile=authority.ca)
            old.maximum_version = ssl.TLSVersion.TLSv1_2
            try:
                parts = node.api.rsplit(":", 1)
                with socket.create_connection(("127.0.0.1", int(parts[1])), 10) as raw:
                    old.wrap_socket(raw, server_hostname="127.0.0.1")
                expect("TLS 1.2", "taken", "refused")
            except ssl.SSLError as error:
                expect_that("TLS 1.2 is refused", "VERSION" in str(error).upper(), error)
            expect("it lives", node.is_alive(), True)
            expect("it ends well", node.stop(), 0)


def reload():
    """Tokens and revocations count within seconds, on connections that stand too; a damaged file changes nothing."""
    with folder() as place:
        authority = Authority(place + "/pki")
        token, secret = authority.token("reader", "read")
        operator = authority.issue("operator", "me")
        leaver = authority.issue("operator", "leaver")
        node = Guarded(place + "/data", authority, "collector", "node-1")
        node.operator = operator
        with node:
            standing = node.connect(leaver)
            expect("the leaver reads", ask_on(standing, READING), 200)
            expect("the reader reads", node.status(READING, token=secret), 200)
            late, late_secret = authority.token("late", "read")
            expect_that("a new token counts", wait_until(lambda: node.status(READING, token=late_secret) == 200, 5))
            authority.revoke_token(token)
            expect_that("a revoked one does not", wait_until(lambda: node.status(READING, token=secret) == 401, 5))
            with open(authority.tokens, "rb") as file:
                good = file.read()
            with open(authority.tokens, "wb") as file:
                file.write(good[:-7])

            def parts():
                body = json.loads(node.ask("/healthz?verbose", certificate=operator)[2])
                return {one["name"]: (one["status"], one["detail"]) for one in body["components"]}

            expect_that("a damaged file shows", wait_until(lambda: parts()["tokens"][0] == "degraded", 5), parts())
            expect("the old tokens count", (node.status(READING, token=late_secret), node.status(READING, token=secret)),
                   (200, 401))
            expect_that("the log says so", "the new tokens are not used" in node.log())
            expect_that("no secret is in the log", late_secret not in node.log() and secret not in node.log())
            os.remove(authority.tokens)
            node.process.send_signal(signal.SIGHUP)
            expect("a file that is gone revokes nobody", node.status(READING, token=late_secret), 200)
            with open(authority.tokens, "wb") as file:
                file.write(good)
            expect_that("a good file heals", wait_until(lambda: parts()["tokens"][0] == "healthy", 5), parts())
            authority.revoke("operator", "leaver")
            expect_that("a revoked operator loses a standing connection's rights",
                        wait_until(lambda: ask_on(standing, READING) == 401, 6))
            expect_that("it is counted", node.refused()["bad_certificate"] > 0, node.refused())
            before = node.shown_serial()
            authority.renew("collector", "node-1")
            expect_that("the renewed certificate is shown", wait_until(lambda: node.shown_serial() != before, 5))


SCENARIOS = {"api": api, "reload": reload}

if __name__ == "__main__":
    run(SCENARIOS)

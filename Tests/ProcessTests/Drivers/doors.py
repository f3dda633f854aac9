"""Doors that ask who calls: the API and OTLP through TLS, with tokens and certificates of every kind."""

import json
import os
import signal
import socket
import ssl

import grpc
from checks import expect, expect_that, run
from guarded import Authority, Guarded, ask_on
from node import folder, run_program, wait_until
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from otlp import identifiers, plain_trace, refusal

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
        peer = authority.issue("collector", "node-9", "--ip", "127.0.0.1")
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
            everything.append("/api/v1/backup")  # a question, and the administrator's all the same
            nothing = [200, 200, 401, 401, 401, 401, 401, 401]
            reader = [200, 200, 200, 200, 200, 400, 403, 403]
            for who, shown, wanted in [
                ("nobody", {}, nothing),
                ("a reader", {"token": tokens["reader"][1]}, reader),
                ("a reader and writer", {"token": tokens["both"][1]}, reader),
                ("a writer", {"token": tokens["writer"][1]}, [200, 200, 403, 403, 403, 403, 403, 403]),
                ("a revoked token", {"token": tokens["revoked"][1]}, nothing),
                ("an expired token", {"token": tokens["expired"][1]}, nothing),
                ("a made-up token", {"token": tokens["reader"][1][:-4] + "0000"}, nothing),
                ("no token at all", {"token": "nsk"}, nothing),
                ("an operator", {"certificate": operator}, [200, 200, 200, 200, 200, 400, 200, 200]),
                ("a collector", {"certificate": peer}, reader),
                ("an agent", {"certificate": agent}, [200, 200, 200, 200, 403, 403, 403, 403]),
                ("an agent with a token", {"certificate": agent, "token": tokens["reader"][1]}, reader),
            ]:
                seen = [node.status(path, method="POST" if path == admin else "GET", **shown) for path in everything]
                expect(f"{who} is answered", seen, wanted)
            for who, certificate in [("a revoked operator", gone), ("another authority's operator", stranger)]:
                expect(f"{who} is cut off", node.status(health, certificate=certificate), "cut off")
                told = wait_until(lambda c=certificate: b"alert" in node.ask(health, certificate=c)[2].lower(), 5)
                expect_that(f"{who} is told by an alert", told)
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
            expect("a session taken up again is who it was", node.resumed(operator, READING), (True, 200))
            expect("and nobody where it was nobody", node.resumed(None, READING), (True, 401))
            hosts = {"localhost": 200, f"127.0.0.1:{node.api.rsplit(':', 1)[1]}": 200, "evil.example": 403}
            for host, wanted in hosts.items():
                expect(f"Host {host}", node.status(health, headers={"Host": host}), wanted)
            origin = {"Origin": "https://evil.example"}
            status = node.status(admin, method="POST", certificate=operator, headers=origin)
            expect("a web page with the operator's certificate", status, 403)
            refused = node.refused()
            expect_that("every reason is counted", all(refused[reason] > 0 for reason in (
                "no_credential", "bad_token", "wrong_scope", "wrong_role")), refused)
            expect("plain HTTP is cut off", node.status(health, base=node.api.replace("https", "http")), "cut off")
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
            session = node.session(leaver)
            authority.revoke("operator", "leaver")
            expect_that("a revoked operator loses a standing connection's rights",
                        wait_until(lambda: ask_on(standing, READING) == 401, 6))
            status = node.resumed(leaver, READING, session)[1]
            expect_that("nor is its session taken up again", status != 200, status)
            expect_that("it is counted", node.refused()["bad_certificate"] > 0, node.refused())
            before = node.shown_serial()
            authority.renew("collector", "node-1")
            expect_that("the renewed certificate is shown", wait_until(lambda: node.shown_serial() != before, 5))


def otlp():
    """OTLP through TLS: who may send over HTTP and over gRPC."""
    with folder() as place:
        authority = Authority(place + "/pki")
        writer, reader = authority.token("writer", "write")[1], authority.token("reader", "read")[1]
        agent, operator = authority.issue("agent", "host-9"), authority.issue("operator", "me")
        authority.issue("agent", "gone")
        gone = authority.revoke("agent", "gone")
        node = Guarded(place + "/data", authority, "collector", "node-1", "otlp.tls=on")
        node.operator = operator
        source = identifiers(7)
        with node:
            expect_that("both doors speak TLS", node.otlp_http.startswith("https://")
                        and node.endpoints["otlp_grpc"].startswith("https://"), node.endpoints)
            cases = [
                ("nobody", {}, 401, grpc.StatusCode.UNAUTHENTICATED),
                ("a writer", {"token": writer}, 200, None),
                ("a reader", {"token": reader}, 403, grpc.StatusCode.PERMISSION_DENIED),
                ("a made-up token", {"token": writer[:-4] + "0000"}, 401, grpc.StatusCode.UNAUTHENTICATED),
                ("an agent", {"certificate": agent}, 200, None),
                ("an operator", {"certificate": operator}, 200, None),
                ("a revoked agent", {"certificate": gone}, "cut off", grpc.StatusCode.UNAVAILABLE),
            ]
            for who, shown, status, code in cases:
                trace_id, request = plain_trace(source, 2)
                seen, headers, body = node.ask(
                    "/v1/traces", method="POST", base=node.otlp_http, body=request.SerializeToString(),
                    headers={"Content-Type": "application/x-protobuf"}, **shown)
                expect(f"{who} over HTTP", seen, status)
                if seen in (401, 403):
                    expect(f"{who}: the body is a status", refusal(body, "application/x-protobuf")[0].code,
                           {401: 16, 403: 7}[seen])
                    expect(f"{who}: a challenge", "www-authenticate" in headers, seen == 401)
                expect(f"{who}: kept or not", node.status(f"/api/v1/traces/{trace_id.hex()}", certificate=operator),
                       200 if seen == 200 else 404)
                trace_id, request = plain_trace(source, 2)
                expect(f"{who} over gRPC", export(node, request, **shown), code)
                expect(f"{who}: kept or not", node.status(f"/api/v1/traces/{trace_id.hex()}", certificate=operator),
                       404 if code else 200)
            refused = node.refused("otlp")
            expect("refusals are counted", [refused[reason] for reason in ("no_credential", "bad_token", "wrong_scope")],
                   [2, 2, 2])
            for protocol, door in (("http", node.otlp_http), ("json", node.otlp_http),
                                   ("grpc", node.endpoints["otlp_grpc"])):
                arguments = ["load", "--endpoint", door, "--protocol", protocol, "--duration", "1s", "--rate", "200",
                             "--output", "json"]
                for more, accepted in [
                    (["--ca", authority.ca, "--token", writer], True),
                    (["--ca", authority.ca, "--certificate", agent[0], "--key", agent[1]], True),
                    (["--ca", authority.ca], False),
                    (["--token", writer], False),
                ]:
                    result = run_program(*arguments, *more, seconds=30)
                    expect(f"load {protocol} {more[0::2]}: exit code", result.returncode, 0 if accepted else 1)
            expect_that("an unknown authority is told", b"--ca ca.crt" in result.stderr, result.stderr)


def export(node, request, token=None, certificate=None):
    """Sends spans over gRPC with TLS: the code of the refusal; None for none."""
    def content(path):
        with open(path, "rb") as file:
            return file.read()

    credentials = grpc.ssl_channel_credentials(
        content(node.authority.ca), *([content(certificate[1]), content(certificate[0])] if certificate else []))
    metadata = [("authorization", "Bearer " + token)] if token else None
    target = node.endpoints["otlp_grpc"].removeprefix("https://")
    with grpc.secure_channel(target, credentials, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        try:
            TraceServiceStub(channel).Export(request, metadata=metadata, timeout=20)
            return None
        except grpc.RpcError as error:
            return error.code()


def agents():
    """An agent's API: through TLS where its certificate names a host, and on loopback without TLS otherwise."""
    with folder() as place:
        authority = Authority(place + "/pki")
        reader = authority.token("reader", "read")[1]
        with Guarded(place + "/named", authority, "agent", "named") as node:
            expect_that("it speaks TLS", node.api.startswith("https://"), node.endpoints)
            expect("health for anybody", node.status("/livez"), 200)
            expect("figures for readers", (node.status("/metrics"), node.status("/metrics", token=reader)), (401, 200))
            expect("nothing to read", node.status(READING, token=reader), 404)
            expect("an operator sees the state of each part",
                   node.status("/healthz?verbose", certificate=authority.issue("operator", "me")), 200)
            expect("plain OTLP on loopback goes on", node.post("/v1/traces", b"")[0], 200)
            expect("it ends well", node.stop(), 0)
        with Guarded(place + "/nameless", authority, "agent", "nameless", names=()) as node:
            expect_that("it does not speak TLS", node.api.startswith("http://"), node.endpoints)
            expect("figures on loopback", node.status("/metrics"), 200)
            expect_that("and says why", "not fit for a server" in node.log(), node.log())
            expect("it ends well", node.stop(), 0)
        for name, settings in [
            ("wanted", ["api.tls=on"]), ("far", ["api.listen=0.0.0.0:0"]),
        ]:
            node = Guarded(place + "/" + name, authority, "agent", name, *settings, names=())
            if name == "far":
                position = node.command.index("--api")
                del node.command[position:position + 2]
            try:
                with node:
                    expect(f"{name}: it starts", True, False)
            except RuntimeError as error:
                expect_that(f"{name}: exit code 1", "exit code 1" in str(error), str(error))
                expect_that(f"{name}: it is told", "certificate" in str(error), str(error))


def commands():
    """Commands ask through TLS, and say what went wrong and what to do."""
    with folder() as place:
        authority, other = Authority(place + "/pki"), Authority(place + "/other")
        reader, writer = authority.token("reader", "read")[1], authority.token("writer", "write")[1]
        operator, stranger = authority.issue("operator", "me"), other.issue("operator", "me")
        authority.issue("operator", "gone")
        gone = authority.revoke("operator", "gone")
        with open(place + "/secret", "w", encoding="utf-8") as file:
            file.write(reader + "\n")
        node = Guarded(place + "/data", authority, "collector", "node-1")
        far = Guarded(place + "/far", authority, "collector", "far", api="127.0.0.2:0")
        with node, far:
            port = node.api.rsplit(":", 1)[1]
            by_name = "https://localhost:" + port
            ca, own = ["--ca", authority.ca], ["--certificate", operator[0], "--key", operator[1]]
            environment = {"NEOSCOPE_CA": authority.ca, "NEOSCOPE_TOKEN": reader}
            identity = {"NEOSCOPE_CA": authority.ca, "NEOSCOPE_CERTIFICATE": operator[0], "NEOSCOPE_KEY": operator[1]}
            for what, arguments, more, code, words in [
                ("a token", [*ca, "--token", reader], {}, 0, b""),
                ("a token in a file", [*ca, "--token-file", place + "/secret"], {}, 0, b""),
                ("a token of the environment", [], {"environment": environment}, 0, b""),
                ("a certificate", [*ca, *own], {}, 0, b""),
                ("a certificate of the environment", [], {"environment": identity}, 0, b""),
                ("another name", [*ca, *own], {"endpoint": by_name}, 0, b""),
                ("nothing", ca, {}, 1, b"--token-file"),
                ("a token that may not", [*ca, "--token", writer], {}, 1, b"neoscope token create"),
                ("a token that is none", [*ca, "--token", "hunter2"], {}, 2, b"expected a token"),
                ("two tokens", [*ca, "--token", reader, "--token-file", place + "/secret"], {}, 2, b"either"),
                ("no file", [*ca, "--token-file", place + "/none"], {}, 2, b"cannot be read"),
                ("a revoked certificate", [*ca, "--certificate", gone[0], "--key", gone[1]], {}, 1, b"revoked"),
                ("another authority's certificate", [*ca, "--certificate", stranger[0], "--key", stranger[1]], {}, 1,
                 b"refused"),
                ("no authority", own, {}, 1, b"--ca ca.crt"),
                ("another authority", ["--ca", other.ca], {}, 1, b"the authority of that cluster?"),
                ("a certificate without its key", [*ca, *own[:2]], {}, 2, b"together"),
                ("a key of another one", [*ca, *own[:3], stranger[1]], {}, 1, b"private key"),
                ("an authority that is none", ["--ca", operator[1]], {}, 2, b"expected --ca"),
                ("a name that the certificate has not", ca, {"endpoint": "https://127.0.0.2:" + far.api.rsplit(":", 1)[1]}, 1, b"does not name"),
                ("no TLS", [], {"endpoint": "http://127.0.0.1:" + port}, 1, b"https://"),
                ("TLS where there is none", ca, {"endpoint": node.otlp_http.replace("http", "https")}, 1, b"http://"),
                ("a secret without TLS", ["--token", reader], {"endpoint": "http://10.255.255.1:1"}, 2, b"without TLS"),
            ]:
                result = node.command_with("services", *arguments, **more)
                expect(f"{what}: exit code", result.returncode, code)
                expect_that(f"{what}: it says what to do", words in result.stderr, result.stderr)
                for secret in (reader, writer, "hunter2"):
                    expect_that(f"{what}: no secret is told", secret.encode() not in result.stderr + result.stdout)
            purge = ["purge", "--before", "-1d"]
            result = node.command_with(*purge, *ca, "--token", reader)
            expect("a reader does not purge", result.returncode, 1)
            result = node.command_with(*purge, *ca, *own)
            expect("an operator does", (result.returncode, result.stdout), (0, b"0 items deleted\n"))
            node.process.send_signal(signal.SIGHUP)
            expect("it ends well", node.stop(), 0)


SCENARIOS = {"api": api, "reload": reload, "otlp": otlp, "agents": agents, "commands": commands}

if __name__ == "__main__":
    run(SCENARIOS)

"""What sslyze and testssl.sh find at a collector's peer port: run by scripts/prove, after scripts/lib/scanners.sh.

    PROGRAM=… python3 scripts/lib/prove_scan.py

Prints one JSON object: every finding above "low", those that a private authority brings with it beside their reasons,
and those that nobody expected; exits 1 where there is one of the latter, or where a scan did not come to its end.
PROGRAM names the binary.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from cluster import say  # noqa: E402
from prove_cluster import running  # noqa: E402

SSLYZE = pathlib.Path(__file__).resolve().parents[2] / ".build/scanners/bin/sslyze"
SCAN_SECONDS_MAX = 600
# WARN and FATAL are of the scanner: what it could not look at.
ABOVE_LOW = ("MEDIUM", "HIGH", "CRITICAL", "WARN", "FATAL")

# Findings that belong to a cluster with an authority of its own, by scanner and id, each with its reason.
INHERENT = {
    ("testssl", "cert_revocation"):
        "the authority is a folder and not a service: every process reads the revocation list from a file, and a "
        "certificate that named a URI would have peers ask somebody who may be down",
    ("testssl", "DNS_CAArecord"):
        "CAA records bind public authorities; the names in these certificates are the cluster's own, mostly addresses",
    ("sslyze", "maximum_certificate_lifespan"):
        "90 days are for public certificates without revocation; here a revocation counts within seconds, 365 days is a "
        "default (pki issue --days), and a certificate that ends within 14 days is warned of",
}


def finding(scanner, name, severity, text):
    return {"scanner": scanner, "id": name, "severity": severity, "finding": text}


def testssl(cluster, host, port, folder):
    """All findings of testssl.sh, and whether it came to its end."""
    path = folder / "testssl.json"
    subprocess.run(
        ["testssl", "--quiet", "--color", "0", "--warnings", "batch", "--ip", "one", "--add-ca", cluster.facts["ca"],
         "--jsonfile", str(path), f"{host}:{port}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, timeout=SCAN_SECONDS_MAX)
    entries = json.loads(path.read_text()) if path.exists() else []
    seen = {entry["id"]: entry["finding"] for entry in entries}
    found = [finding("testssl", entry["id"], entry["severity"], entry["finding"]) for entry in entries]
    found += tls_1_3_only("testssl", {
        version: "not offered" not in seen.get(version, "")
        for version in ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3")
    }, "TLS1_3")
    return found, "scanTime" in seen and "TLS1_3" in seen


def tls_1_3_only(scanner, offered, newest):
    """A finding for each version that is offered and should not be, or the other way around."""
    return [finding(scanner, version, "HIGH", "is offered" if is_offered else "is not offered")
            for version, is_offered in offered.items() if is_offered != (version == newest)]


def sslyze(cluster, host, port, folder):
    """All findings of sslyze, with a peer's certificate and by Mozilla's modern profile, and whether it came to its end."""
    facts = cluster.facts
    path, agent = folder / "sslyze.json", facts["agents"][0]
    scans = ["certinfo", "sslv2", "sslv3", "tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3", "compression", "early_data",
             "openssl_ccs", "fallback", "heartbleed", "robot", "reneg", "resum", "elliptic_curves", "ems"]
    run = subprocess.run(
        [str(SSLYZE), *(f"--{scan}" for scan in scans), "--mozilla_config=modern", "--certinfo_ca_file", facts["ca"],
         "--cert", agent["certificate"], "--key", agent["key"], "--json_out", str(path), f"{host}:{port}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SCAN_SECONDS_MAX)
    if not path.exists():
        return [finding("sslyze", "end", "FATAL", run.stderr[-300:])], False
    server = json.loads(path.read_text())["server_scan_results"][0]
    if server["scan_status"] != "COMPLETED":
        return [finding("sslyze", "scan_status", "FATAL", str(server["scan_status"]))], False
    scans = server["scan_result"]
    found = [finding("sslyze", name, "FATAL", str(scan["error_reason"]))
             for name, scan in scans.items() if scan["status"] == "ERROR"]
    # The verdict by Mozilla's profile is in the text alone.
    compliance = run.stdout.split("COMPLIANCE AGAINST TLS CONFIGURATION")[-1]
    found += [finding("sslyze", name, "MEDIUM", text) for name, text in re.findall(r"^ +\* (\w+): (.*)$", compliance, re.M)]
    results = {name: scan["result"] for name, scan in scans.items() if scan["status"] == "COMPLETED"}
    return found + sslyze_findings(results), run.returncode in (0, 1) and "Checking results" in compliance


def sslyze_findings(results):
    """What sslyze's results say of single weaknesses."""
    bad = [
        ("heartbleed", "is_vulnerable_to_heartbleed", True),
        ("openssl_ccs_injection", "is_vulnerable_to_ccs_injection", True),
        ("session_renegotiation", "is_vulnerable_to_client_renegotiation_dos", True),
        ("tls_compression", "supports_compression", True),
        ("tls_1_3_early_data", "supports_early_data", True),
        ("tls_extended_master_secret", "supports_ems_extension", False),
    ]
    found = [finding("sslyze", name, "HIGH", f"{key} is {value}".lower())
             for name, key, value in bad if name in results and results[name][key] is value]
    robot = results.get("robot", {}).get("robot_result", "NOT_VULNERABLE")
    if not robot.startswith("NOT_VULNERABLE"):
        found.append(finding("sslyze", "robot", "HIGH", robot))
    found += tls_1_3_only("sslyze", {
        name: result["is_tls_version_supported"] for name, result in results.items() if name.endswith("_cipher_suites")
    }, "tls_1_3_cipher_suites")
    for deployment in results["certificate_info"]["certificate_deployments"]:
        if not any(path["validation_error"] is None for path in deployment["path_validation_results"]):
            found.append(finding("sslyze", "certificate_path", "HIGH", "the own authority does not vouch for it"))
    return found


def main():
    with running(nodes=1, agents=1, replication=1) as cluster, tempfile.TemporaryDirectory() as place:
        node = cluster.facts["nodes"][0]
        # By the name in the certificate, as peers with a DNS name come.
        port = node["peer"].rsplit(":", 1)[1]
        answers = {}
        for scanner in (sslyze, testssl):
            say(f"{scanner.__name__} at {node['name']}'s peer port")
            answers[scanner.__name__] = scanner(cluster, "localhost", port, pathlib.Path(place))
        health, _ = cluster.get(node, "/livez")
    found = [entry for entries, _ in answers.values() for entry in entries]
    above = [{**entry, "inherent": INHERENT.get((entry["scanner"], entry["id"]))}
             for entry in found if entry["severity"] in ABOVE_LOW]
    unexpected = [entry for entry in above if entry["inherent"] is None]
    completed = {name: is_complete for name, (_, is_complete) in answers.items()}
    report = {
        "findings": len(found), "completed": completed, "above_low": above, "unexpected": unexpected,
        "low": [entry for entry in found if entry["severity"] == "LOW"], "alive_afterwards": health == 200,
        "broken": bool(unexpected) or not all(completed.values()) or health != 200,
    }
    print(json.dumps(report, indent=2))
    sys.exit(1 if report["broken"] else 0)


if __name__ == "__main__":
    main()

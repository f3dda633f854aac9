"""What lies between the processes of a cluster on this machine, and how it breaks.

`Namespaces` gives every process a network namespace of its own, on a bridge: packets are dropped where they come in, so
that their sender hears nothing. `Proxied` does what it can without: loopback, with a proxy before every node.
"""

import collections
import json
import subprocess

from proxy import Proxies, process_of

_BRIDGE = "chaos0"
_NET = "10.231.0."


class Namespaces:
    """A namespace for each process; made in a namespace of the script's own, with which all of it goes."""

    kind = "namespaces"

    def __init__(self):
        self.hosts = {}
        self.cuts = set()
        self.dropped = collections.Counter()
        _run("ip", "link", "add", _BRIDGE, "type", "bridge")
        _run("ip", "addr", "add", f"{_NET}1/24", "dev", _BRIDGE)
        _run("ip", "link", "set", _BRIDGE, "up")

    def host(self, name):
        """The address of a process; its namespace is made with it."""
        if name not in self.hosts:
            self.hosts[name] = f"{_NET}{len(self.hosts) + 10}"
            self._make(name, self.hosts[name])
        return self.hosts[name]

    def _make(self, name, host):
        end = self._end(host)
        _run("ip", "netns", "add", name)
        _run("ip", "link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", name)
        _run("ip", "link", "set", end, "master", _BRIDGE, "up")
        for words in (["addr", "add", f"{host}/24", "dev", "eth0"], ["link", "set", "eth0", "up"],
                      ["link", "set", "lo", "up"]):
            _run("ip", "-n", name, *words)
        self._nft(name, "add table inet chaos; add set inet chaos cut { type ipv4_addr; counter; }; "
                        "add chain inet chaos loss { type filter hook input priority 1; }; "
                        "add chain inet chaos input { type filter hook input priority 0; }; "
                        "add rule inet chaos input ip saddr @cut drop")

    @staticmethod
    def _nft(name, rules):
        _run("ip", "netns", "exec", name, "nft", rules)

    @staticmethod
    def _listed(name, what):
        """What the packet filter of a process tells of itself."""
        return json.loads(_run("ip", "netns", "exec", name, "nft", "-j", f"list {what}"))["nftables"]

    def drops(self):
        """Packets that were dropped so far, on each way that was ever cut."""
        return self.dropped + sum((self._counted(name) for name in {other for _, other in self.cuts}), collections.Counter())

    def _counted(self, name):
        """Packets dropped where they came in to a process, since their ways were cut."""
        names = {host: one for one, host in self.hosts.items()}
        found = collections.Counter()
        for entry in self._listed(name, "set inet chaos cut"):
            for element in entry.get("set", {}).get("elem", []):
                found[names[element["elem"]["val"]], name] += element["elem"]["counter"]["packets"]
        return found

    def lost(self):
        """Packets that were lost at random since their share was said."""
        rules = (entry.get("rule", {}) for name in self.hosts for entry in self._listed(name, "chain inet chaos loss"))
        return sum(part["counter"]["packets"] for rule in rules for part in rule.get("expr", []) if "counter" in part)

    def disorder(self):
        """Nothing: packets here come as they were sent."""
        return {"delayed": 0, "overtaken": 0}

    def strangers(self):
        """No connection is of nobody here."""
        return 0

    def prefix(self, name):
        """What a command line begins with that runs where a process is."""
        self.host(name)
        return ["ip", "netns", "exec", name]

    def address(self, _node):
        """Where others reach a node, where that is another address than its own."""
        return None

    def cut(self, ways):
        for one, other in set(ways) - self.cuts:
            self._nft(other, f"add element inet chaos cut {{ {self.host(one)} }}")
            self.cuts.add((one, other))

    def mend(self, ways):
        for one, other in self.cuts & set(ways):
            self.dropped[one, other] += self._counted(other)[one, other]
            self._nft(other, f"delete element inet chaos cut {{ {self.host(one)} }}")
            self.cuts.remove((one, other))

    def heal(self):
        self.dropped = self.drops()
        self.cuts.clear()
        for name in self.hosts:
            self._nft(name, "flush set inet chaos cut")

    def lose(self, per_mille):
        """Loses so many packets in a thousand; tells whether it can."""
        for name in self.hosts:
            rule = f"; add rule inet chaos loss ip saddr {_NET}0/24 numgen random mod 1000 < {per_mille} counter drop"
            self._nft(name, "flush chain inet chaos loss" + (rule if per_mille else ""))
        return True

    def delay(self, _least, _most):
        return False

    def reorder(self, _per_mille):
        return False

    def close(self):
        """Removes the namespaces and the bridge, so that the next scenario can make its own."""
        for name, host in self.hosts.items():
            # A namespace takes its end along only some time after it is deleted.
            _run("ip", "link", "del", self._end(host))
            _run("ip", "netns", "del", name)
        _run("ip", "link", "del", _BRIDGE)

    @staticmethod
    def _end(host):
        """The end of a process's link that is on the bridge."""
        return f"chaos{host.rsplit('.', 1)[1]}"


class Proxied:
    """Loopback, with a proxy before every node that knows who calls."""

    kind = "proxies"

    def __init__(self, seed, pids, free_port):
        """`pids` gives the process numbers by name, `free_port` a port that nobody has."""
        self.proxies = Proxies(seed, lambda local, remote: process_of(pids(), local, remote))
        self.free_port = free_port
        self.addresses = {}
        self.cuts = self.proxies.conditions.cut

    def host(self, _name):
        return "127.0.0.1"

    def prefix(self, _name):
        return []

    def address(self, node):
        """The address of a node's proxy."""
        name = node["name"]
        if name not in self.addresses:
            self.addresses[name] = f"127.0.0.1:{self.free_port()}"
            self.proxies.open(name, self.addresses[name], node["peer"])
        return self.addresses[name]

    def cut(self, ways):
        self.cuts.update(ways)

    def mend(self, ways):
        self.cuts.difference_update(ways)

    def heal(self):
        self.cuts.clear()

    def lose(self, per_mille):
        return per_mille == 0

    def delay(self, least, most):
        self.proxies.conditions.delay = (least, most)
        return True

    def reorder(self, per_mille):
        self.proxies.conditions.reordering_per_mille = per_mille
        return True

    def drops(self):
        """Pieces that were held back so far, on each way that was ever cut."""
        return collections.Counter(self.proxies.conditions.held)

    def lost(self):
        return 0

    def disorder(self):
        """Pieces that took some time, and pieces that others overtook."""
        return {"delayed": self.proxies.conditions.delayed, "overtaken": self.proxies.conditions.overtaken}

    def strangers(self):
        """Connections of callers that are nobody's known: they are never cut."""
        return self.proxies.conditions.strangers

    def close(self):
        self.proxies.close()


def _run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout

"""Which addresses are one party's: what is shared out fairly between people goes by it."""

import ipaddress

NETWORK_BITS = 48
"""What one customer of an IPv6 provider commonly gets (RFC 6177, section 2): one who attacks has
65,536 of the /64 that count as an address.
"""


def network_of(address: str) -> str:
    """The /48 of an IPv6 household; an IPv4 address, or what is none, stands for itself."""
    try:
        network = ipaddress.ip_network(address)
    except ValueError:
        return address
    if network.version == 6 and network.prefixlen > NETWORK_BITS:
        return str(network.supernet(new_prefix=NETWORK_BITS))
    return address

# What a host is: its form, whether it is private, and which other hosts it stands for. Hosts are in lower case here.
package mc.egress

is_well_formed("*")

is_well_formed(host) if is_name(trim_prefix(host, "*."))

is_well_formed(host) if is_ipv4(host)

is_well_formed(host) if is_ipv6(host)

# RFC 1123: labels of letters, digits and inner hyphens. Programs take what ends in a number for an address (WHATWG URL, 3.5).
is_name(host) if {
	count(host) <= 253
	trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
	labels := split(host, ".")
	every label in labels { is_label(label) }
	not is_numeral(labels[count(labels) - 1])
}

is_label(label) if {
	label != ""
	count(label) <= 63
	not startswith(label, "-")
	not endswith(label, "-")
}

is_numeral(label) if is_decimal(label)

is_numeral(label) if {
	startswith(label, "0x")
	trim(substring(label, 2, -1), "0123456789abcdef") == ""
}

is_decimal(label) if trim(label, "0123456789") == ""

is_ipv4(host) if {
	trim(host, "0123456789.") == ""
	parts := split(host, ".")
	count(parts) == 4
	every part in parts { is_octet(part) }
}

is_octet("0")

# No leading zero, which some programs read as octal. Three digits at most before the number is looked at: WebAssembly gives up on
# numbers of more than 32 bits.
is_octet(part) if {
	part != ""
	count(part) <= 3
	not startswith(part, "0")
	to_number(part) <= 255
}

is_ipv6(host) if is_zero_led(host)

is_ipv6(host) if {
	is_hex_with_colons(host)
	net.cidr_contains("::/0", host)
}

is_hex_with_colons(host) if {
	contains(host, ":")
	trim(host, "0123456789abcdef:") == ""
}

# The unspecified address, loopback and IPv4 addresses in IPv6 clothes: none is public, and programs differ in how they read them.
is_zero_led(host) if {
	is_hex_with_colons(host)
	trim(split(host, ":")[0], "0") == ""
}

is_wide("*")

is_wide(host) if {
	startswith(host, "*.")
	count(split(host, ".")) < 3
}

is_private(host) if {
	not contains(host, ".")
	not contains(host, ":")
}

is_private(host) if {
	some suffix in lists.denied_suffixes
	ends_with_name(host, suffix)
}

is_private(host) if is_zero_led(host)

is_private(host) if {
	is_address(host)
	some network in lists.denied_networks
	net.cidr_contains(network, host)
}

ends_with_name(name, name)

ends_with_name(host, name) if {
	endswith(host, name)
	substring(host, (count(host) - count(name)) - 1, 1) == "."
}

is_address(host) if is_ipv4(host)

is_address(host) if is_ipv6(host)

# Whether every host that the second stands for is one that the first stands for.
covers("*", _)

covers(pattern, pattern)

covers(pattern, host) if {
	startswith(pattern, "*.")
	endswith(host, substring(pattern, 1, -1))
}

overlap(pattern, host) if covers(pattern, host)

overlap(pattern, host) if covers(host, pattern)

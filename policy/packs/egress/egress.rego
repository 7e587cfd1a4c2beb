# METADATA
# title: Egress
# description: >-
#   A task calls only hosts and ports that the tenant allows, and none of a private network, of the machine itself or of a cloud's
#   metadata service. Hosts are judged as they are written: what a name stands for is known only when it is called, and is up to the
#   sandbox. Upper and lower case are the same. Input or rule data that cannot be read is a denial, never an allow.
package mc.egress

# METADATA
# title: Verdict
# description: Everything the pack has to say about one input; the document that the policy engine asks for.
# entrypoint: true
verdict := {"deny": deny, "warn": set()}

# METADATA
# title: Allow
# description: True when nothing denies; for `opa eval` and for packs that build on this one.
default allow := false

allow if count(deny) == 0

# METADATA
# title: Form of a host
# description: >-
#   A host is a name, a name with a leading wildcard, or an address in its usual form. `127.1`, `0177.0.0.1`, `0x7f000001` and
#   `2130706433` are names to one program and the address 127.0.0.1 to another, so whatever ends in a number and is no address of four
#   decimal parts is refused.
# custom:
#   short_name: host_invalid
#   failure_msg: "Task {task} asks for {got}: no host name, and no address in its usual form."
#   solution: Write the name of the host, or its address as four decimal numbers; a wildcard stands only for the first part of a name.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some [task, found] in faults(invalid_hosts)
	entry := finding(rego.metadata.rule(), found, "a host such as api.example.com, *.example.com or 203.0.113.7", {"task": task})
}

# METADATA
# title: Wildcard
# description: A wildcard has two fixed labels or more, such as `*.example.com`; `*` and `*.com` stand for hosts that nobody has looked at.
# custom:
#   short_name: wildcard_too_wide
#   failure_msg: "Task {task} asks for {got}: a wildcard for too many hosts."
#   solution: Name the hosts that the task calls, or a wildcard with two fixed labels or more.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some [task, found] in faults(wide_hosts)
	entry := finding(rego.metadata.rule(), found, "a wildcard with two fixed labels or more, such as *.example.com", {"task": task})
}

# METADATA
# title: Private address
# description: >-
#   No address of a denied network is called, no name below a denied suffix, and no name without a dot, which the network of the home
#   resolves. The lists of the pack hold for every tenant, because they protect the home; a tenant can only add to them.
# custom:
#   short_name: private_address
#   failure_msg: "Task {task} asks for {got}: in a private network, on the machine itself or a metadata service."
#   solution: >-
#     Call the service by a public name. Whoever runs the home may take a network or suffix out of the data of this pack and build its
#     bundle again; no tenant can.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some [task, found] in faults(private_hosts)
	entry := finding(rego.metadata.rule(), found, "hosts of the public internet", {"task": task})
}

# METADATA
# title: Denied host
# description: >-
#   No denied host is called. `*.example.com` stands for every host below `example.com`, at any depth, and not for `example.com` itself;
#   a wildcard that takes a denied host in is denied as well.
# custom:
#   short_name: host_denied
#   failure_msg: "Task {task} asks for {got}; denied hosts: {denied}."
#   solution: >-
#     Remove the host from the egress of the task, or have an admin of the tenant take it out of `denied_hosts` in its rule data for
#     `egress`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some [task, found] in faults(refused_hosts)
	denied := shortened(lists.denied_hosts)
	allowed := concat("", ["any host outside ", denied])
	entry := finding(rego.metadata.rule(), found, allowed, {"task": task, "denied": denied})
}

# METADATA
# title: Host outside the allowed ones
# description: >-
#   Every host is allowed. `*` in the list stands for every public host; `*.example.com` stands for every host below `example.com`, at
#   any depth, and not for `example.com` itself.
# custom:
#   short_name: host_not_allowed
#   failure_msg: "Task {task} asks for {got}; allowed hosts: {allowed}."
#   solution: >-
#     Remove the host from the egress of the task, or have an admin of the tenant add it to `allowed_hosts` in its rule data for
#     `egress`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some [task, found] in faults(unlisted_hosts)
	entry := finding(rego.metadata.rule(), found, shortened(lists.allowed_hosts), {"task": task})
}

# METADATA
# title: Port
# description: Every port is allowed; by default only 443, the port of HTTPS.
# custom:
#   short_name: port_not_allowed
#   failure_msg: "Task {task} asks for {got}; allowed ports: {allowed}."
#   solution: >-
#     Call the host on an allowed port, or have an admin of the tenant add the port to `allowed_ports` in its rule data for `egress`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	"allowed_ports" in usable_lists
	some task in judged_tasks
	found := [concat(":", [rule.host, format_int(port, 10)]) |
		some rule in task.egress
		some port in rule.ports
		is_port(port)
		not port in lists.allowed_ports
	]
	count(found) > 0
	allowed := shortened([format_int(port, 10) | some port in lists.allowed_ports])
	entry := finding(rego.metadata.rule(), shortened(found), allowed, {"task": task.id})
}

# METADATA
# title: Incomplete input
# description: Fields that this pack judges by are there and have the right type; otherwise nothing can be judged, and the run is denied.
# custom:
#   short_name: input_incomplete
#   failure_msg: The input of the decision has no usable {got}.
#   solution: Send the whole policy input, as the schema PolicyInput describes it.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some field, expected in unusable_fields
	entry := finding(rego.metadata.rule(), field, expected, {})
}

# METADATA
# title: Unusable rule data
# description: >-
#   Every list of this pack, and of the tenant's data for it, holds what it should, and the tenant has none that the pack does not know;
#   otherwise nothing can be judged, and the run is denied.
# custom:
#   short_name: data_invalid
#   failure_msg: The list {got} of the data of the pack is not usable.
#   solution: Mend `data.egress` of the tenant with `maestro tenants set`, or the data of the pack and build its bundle again.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some list, expected in unusable_lists
	entry := finding(rego.metadata.rule(), list, expected, {})
}

# Every task that asks for one of the hosts, with those it asks for as it writes them.
faults(hosts) := {[task.id, shortened(found)] |
	# Most runs have none, and a manifest may ask for thousands of hosts: they are not all looked at again.
	count(hosts) > 0
	some task in judged_tasks
	found := [rule.host | some rule in task.egress; lower(rule.host) in hosts]
	count(found) > 0
}

# A host is at most one of these, so that one fault is one reason.
invalid_hosts := {host | some host in asked_hosts; not is_well_formed(host)}

wide_hosts := {host | some host in (asked_hosts - invalid_hosts); is_wide(host)}

private_hosts := {host | some host in ((asked_hosts - invalid_hosts) - wide_hosts); is_private(host)}

public_hosts := ((asked_hosts - invalid_hosts) - wide_hosts) - private_hosts

refused_hosts := {host |
	some host in public_hosts
	some pattern in lists.denied_hosts
	overlap(pattern, host)
}

unlisted_hosts := {host |
	"allowed_hosts" in usable_lists
	some host in (public_hosts - refused_hosts)
	every pattern in lists.allowed_hosts { not covers(pattern, host) }
}

asked_hosts := {lower(rule.host) | some task in judged_tasks; some rule in task.egress; is_text(rule.host)}

judged_tasks := input.workflow.tasks if is_run

judged_tasks := [input.task] if input.request.point == "task"

is_run if input.request.point in {"publish", "plan", "start"}

# What the tenant wants to call is up to the tenant, so its lists replace those of the pack. What protects the home only grows.
lists["allowed_hosts"] := object.get(own, "allowed_hosts", data.mc.egress.allowed_hosts)

lists["allowed_ports"] := object.get(own, "allowed_ports", data.mc.egress.allowed_ports)

lists["denied_hosts"] := object.get(own, "denied_hosts", data.mc.egress.denied_hosts)

lists["denied_networks"] := array.concat(data.mc.egress.denied_networks, object.get(own, "denied_networks", []))

lists["denied_suffixes"] := array.concat(data.mc.egress.denied_suffixes, object.get(own, "denied_suffixes", []))

own := object.get(input.tenant.data, "egress", {})

known_lists := {
	"allowed_hosts": "a list of *, hosts and wildcards in lower case",
	"allowed_ports": "a list of whole numbers from 1 to 65535",
	"denied_hosts": "a list of hosts and wildcards in lower case",
	"denied_networks": "a list of networks such as 10.0.0.0/8",
	"denied_suffixes": "a list of names in lower case",
}

# Without an object there is nothing to look at, and input_incomplete has spoken.
unusable_lists[list] := expected if {
	is_object(own)
	some list, expected in known_lists
	not list in usable_lists
}

unusable_lists[list] := concat(", ", sort([name | some name, _ in known_lists])) if {
	some list, _ in own
	is_object(own)
	not known_lists[list]
}

usable_lists contains "allowed_hosts" if {
	is_array(lists.allowed_hosts)
	every pattern in lists.allowed_hosts { is_pattern(pattern) }
}

usable_lists contains "denied_hosts" if {
	is_array(lists.denied_hosts)
	every pattern in lists.denied_hosts { is_pattern(pattern) }
}

usable_lists contains "allowed_ports" if {
	is_array(lists.allowed_ports)
	every port in lists.allowed_ports { is_port(port) }
}

usable_lists contains "denied_networks" if {
	every network in lists.denied_networks { net.cidr_contains(network, network) }
}

usable_lists contains "denied_suffixes" if {
	every suffix in lists.denied_suffixes { is_name_in_lower_case(suffix) }
}

# Hosts are compared in lower case: a pattern in upper case would match nothing.
is_pattern(pattern) if {
	is_text(pattern)
	pattern == lower(pattern)
	is_well_formed(pattern)
}

is_name_in_lower_case(name) if {
	is_text(name)
	name == lower(name)
	is_name(name)
}

is_port(port) if {
	is_number(port)
	port == floor(port)
	port >= 1
	port <= 65535
}

# A call whose argument is undefined makes `not` undefined as well, and the rule silent. So fields are looked up in positive rules,
# where undefined means "not usable", and only the results are negated.
unusable_fields[field] := expected if {
	some field, expected in {
		"request.point": "publish, plan, start or task",
		"tenant.data.egress": "an object, or nothing",
	}
	not field in usable_fields
}

unusable_fields["workflow.tasks"] := "a list with at least one task" if {
	is_run
	not has_tasks
}

unusable_fields[field] := expected if {
	is_run
	some i, task in input.workflow.tasks
	some name, expected in unusable_parts(task)
	field := concat("", ["workflow.tasks[", format_int(i, 10), "].", name])
}

unusable_fields[field] := expected if {
	input.request.point == "task"
	some name, expected in unusable_parts(object.get(input, "task", null))
	field := concat(".", ["task", name])
}

unusable_parts(task) := {name: expected |
	some name, expected in {"id": "text", "egress": "a list of rules with a host and ports each"}
	not is_usable_part(task, name)
}

is_usable_part(task, "id") if is_text(task.id)

is_usable_part(task, "egress") if {
	is_array(task.egress)
	every rule in task.egress { is_rule(rule) }
}

is_rule(rule) if {
	is_text(rule.host)
	is_array(rule.ports)
	every port in rule.ports { is_port(port) }
}

usable_fields contains "request.point" if is_run

usable_fields contains "request.point" if input.request.point == "task"

usable_fields contains "tenant.data.egress" if is_object(own)

has_tasks if {
	is_array(input.workflow.tasks)
	count(input.workflow.tasks) > 0
}

is_text(value) if {
	is_string(value)
	value != ""
}

# A task may name 50 hosts; a reason is read by people.
shortened([]) := "none"

shortened(list) := concat(", ", list) if {
	count(list) > 0
	count(list) <= 5
}

shortened(list) := concat("", [concat(", ", array.slice(list, 0, 5)), " and ", format_int(count(list) - 5, 10), " more"]) if {
	count(list) > 5
}

finding(rule, got, allowed, values) := {
	"rule": concat(".", ["egress", rule.custom.short_name]),
	"message": filled(rule.custom.failure_msg, object.union({"got": got, "allowed": allowed}, values)),
	"got": got,
	"allowed": allowed,
	"solution": rule.custom.solution,
}

# The text with every `{name}` replaced by the value of that name, once: a value that looks like `{name}` itself stays as it is.
# Undefined when a value is no text; then input_incomplete has spoken.
filled(template, values) := concat("", array.concat([parts[0]], pieces)) if {
	every value in values { is_string(value) }
	parts := split(template, "{")
	pieces := [concat("", [values[piece[0]], piece[1]]) |
		some part in array.slice(parts, 1, count(parts))
		piece := split(part, "}")
	]
}

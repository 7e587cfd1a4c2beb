package mc.egress_test

import data.mc.egress

rule(host, ports) := {"host": host, "ports": ports}

task(id, rules_of_task) := {"id": id, "egress": rules_of_task}

calm := {
	"request": {"point": "start"},
	"tenant": {"data": {"egress": {}}},
	"workflow": {"tasks": [task("read", []), task("send", [rule("api.example.com", [443])])]},
	"task": null,
}

at(point, input_of_run) := object.union(input_of_run, {"request": {"point": point}})

with_tasks(tasks) := object.union(calm, {"workflow": {"tasks": tasks}})

calling(hosts) := with_tasks([task("send", [rule(host, [443]) | some host in hosts])])

on_ports(ports) := with_tasks([task("send", [rule("api.example.com", ports)])])

attempt(task_of_attempt) := object.union(calm, {"request": {"point": "task"}, "workflow": {"tasks": []}, "task": task_of_attempt})

of_tenant(lists, input_of_run) := object.union(input_of_run, {"tenant": {"data": {"egress": lists}}})

silent := {"deny": set(), "warn": set()}

rules(entries) := {entry.rule | some entry in entries}

fields(entries) := {entry.got: entry.allowed | some entry in entries}

test_public_hosts_are_allowed_at_every_point if {
	every point in ["publish", "plan", "start"] {
		egress.verdict == silent with input as at(point, calm)
		egress.allow with input as at(point, calm)
	}
	egress.verdict == silent with input as attempt(calm.workflow.tasks[1])
}

test_a_tenant_without_a_section_of_rule_data_is_judged_by_the_packs if {
	egress.verdict == silent with input as json.remove(calm, ["tenant/data/egress"])
}

test_names_and_addresses_in_their_usual_form_are_allowed if {
	longest := concat("", [c | some _ in numbers.range(1, 63); c := "a"])
	every host in [
		"a.example", "API.Example.COM", "xn--bcher-kva.example", "1.example.com", "0x7f.example.com",
		"cafe.de", "dead.beef", "8.8.8.8", "203.0.113.7", "2606:4700::1111", "2A00:1450::1",
		concat(".", [longest, "example"]), "*.api.example.com", "*.example.com",
	] {
		egress.verdict == silent with input as calling([host])
	}
}

denied(name, got, allowed, words) := {
	"rule": concat(".", ["egress", name]),
	"message": words.message,
	"got": got,
	"allowed": allowed,
	"solution": words.solution,
}

test_an_address_in_disguise_is_denied if {
	egress.verdict == {
		"deny": {denied("host_invalid", "2130706433, 127.1", "a host such as api.example.com, *.example.com or 203.0.113.7", {
			"message": "Task send asks for 2130706433, 127.1: no host name, and no address in its usual form.",
			"solution": "Write the name of the host, or its address as four decimal numbers; a wildcard stands only for the first part of a name.",
		})},
		"warn": set(),
	} with input as calling(["2130706433", "api.example.com", "127.1"])
	not egress.allow with input as calling(["2130706433"])
}

test_what_is_neither_name_nor_address_is_denied if {
	too_long := concat("", [c | some _ in numbers.range(1, 64); c := "a"])
	much_too_long := concat(".", [c | some _ in numbers.range(1, 127); c := "a.b"])
	every host in [
		"0x7f000001", "0X7F000001", "0177.0.0.1", "127.0.1", "0", "0x", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.0x4", "1.2.3.04",
		"api.example.com.", ".example.com", "a..example.com", "-a.example.com", "a-.example.com", "a_b.example.com", "a b.example.com",
		"api.example.com:443", "https://api.example.com", "user@example.com", "bücher.example", "[::1]", "2606:4700:::1",
		"2606:4700::zz", "fe80::1%eth0",
		"a.*.example.com", "*.*.example.com", "*a.example.com", "**", "*.", "*.1.2.3", "*.10.0.0.1", "10.0.0.0/8",
		concat(".", [too_long, "example"]), much_too_long,
	] {
		rules(egress.deny) == {"egress.host_invalid"} with input as calling([host])
		{entry.got | some entry in egress.deny} == {host} with input as calling([host])
	}
}

test_a_wildcard_for_too_many_hosts_is_denied if {
	egress.verdict == {
		"deny": {denied("wildcard_too_wide", "*, *.com", "a wildcard with two fixed labels or more, such as *.example.com", {
			"message": "Task send asks for *, *.com: a wildcard for too many hosts.",
			"solution": "Name the hosts that the task calls, or a wildcard with two fixed labels or more.",
		})},
		"warn": set(),
	} with input as calling(["*", "*.com", "*.example.com"])
}

test_a_private_address_is_denied if {
	egress.verdict == {
		"deny": {denied("private_address", "169.254.169.254, Metadata.Google.Internal", "hosts of the public internet", {
			"message": concat(" ", [
				"Task send asks for 169.254.169.254, Metadata.Google.Internal:",
				"in a private network, on the machine itself or a metadata service.",
			]),
			"solution": concat(" ", [
				"Call the service by a public name. Whoever runs the home may take a network or suffix out of the data of this pack",
				"and build its bundle again; no tenant can.",
			]),
		})},
		"warn": set(),
	} with input as calling(["169.254.169.254", "Metadata.Google.Internal"])
}

test_no_way_of_naming_something_private_is_allowed if {
	every host in [
		"0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.255", "168.63.129.16",
		"169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.168.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "0:0:0:0:0:0:0:1", "::ffff:7f00:1", "0:0:0:0:0:FFFF:A00:1", "64:ff9b::a00:1", "2001:0:1::1", "2002:7f00:1::",
		"fc00::1", "fd00:ec2::254", "fe80::1", "FE80::1", "fec0::1", "ff02::1",
		"localhost", "LOCALHOST", "a.localhost", "printer.local", "db.internal", "*.db.internal", "nas.lan", "router.home.arpa", "intranet",
		"metadata", "db", "127.0.0.1.nip.io", "10-0-0-1.sslip.io", "app.localtest.me",
	] {
		rules(egress.deny) == {"egress.private_address"} with input as calling([host])
	}
}

test_what_only_looks_private_is_allowed if {
	every host in [
		"11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.1",
		"192.167.255.255", "223.255.255.255", "local.example.com", "mylocalhost.example", "notlocal.xlocal", "example.plan",
	] {
		egress.verdict == silent with input as calling([host])
	}
}

test_a_tenant_adds_to_what_is_private_and_takes_nothing_away if {
	more := {"denied_networks": ["203.0.113.0/24"], "denied_suffixes": ["corp.example"]}
	every host in ["203.0.113.7", "db.corp.example", "corp.example", "10.0.0.1", "localhost"] {
		rules(egress.deny) == {"egress.private_address"} with input as of_tenant(more, calling([host]))
	}
	less := {"denied_networks": [], "denied_suffixes": [], "allowed_hosts": ["10.0.0.1", "db.internal"]}
	every host in ["10.0.0.1", "db.internal"] {
		rules(egress.deny) == {"egress.private_address"} with input as of_tenant(less, calling([host]))
	}
}

test_the_private_lists_are_data_of_the_pack if {
	egress.allow with input as calling(["10.0.0.1"]) with data.mc.egress.denied_networks as []
	egress.allow with input as calling(["db.internal"]) with data.mc.egress.denied_suffixes as []
	not egress.allow with input as calling(["db"]) with data.mc.egress.denied_suffixes as []
	not egress.allow with input as calling(["::1"]) with data.mc.egress.denied_networks as []
}

test_a_denied_host_is_denied if {
	egress.verdict == {
		"deny": {denied("host_denied", "EU.tracker.example", "any host outside *.tracker.example, ads.example", {
			"message": "Task send asks for EU.tracker.example; denied hosts: *.tracker.example, ads.example.",
			"solution": concat(" ", [
				"Remove the host from the egress of the task, or have an admin of the tenant take it out of `denied_hosts`",
				"in its rule data for `egress`.",
			]),
		})},
		"warn": set(),
	} with input as of_tenant({"denied_hosts": ["*.tracker.example", "ads.example"]}, calling(["EU.tracker.example", "tracker.example"]))
}

test_a_wildcard_that_takes_a_denied_host_in_is_denied if {
	bad := of_tenant({"denied_hosts": ["eu.tracker.example"]}, calling(["*.tracker.example"]))
	rules(egress.deny) == {"egress.host_denied"} with input as bad
}

test_a_list_that_denies_everything_denies_everything if {
	rules(egress.deny) == {"egress.host_denied"} with input as of_tenant({"denied_hosts": ["*"]}, calm)
	rules(egress.deny) == {"egress.host_denied"} with input as calm with data.mc.egress.denied_hosts as ["api.example.com"]
}

test_a_host_outside_the_allowed_ones_is_denied if {
	egress.verdict == {
		"deny": {denied("host_not_allowed", "example.com, api.other.example, *.com.example", "*.example.com, api.test.example", {
			"message": "Task send asks for example.com, api.other.example, *.com.example; allowed hosts: *.example.com, api.test.example.",
			"solution": concat(" ", [
				"Remove the host from the egress of the task, or have an admin of the tenant add it to `allowed_hosts`",
				"in its rule data for `egress`.",
			]),
		})},
		"warn": set(),
	} with input as of_tenant(
		{"allowed_hosts": ["*.example.com", "api.test.example"]},
		calling(["example.com", "a.b.example.com", "api.test.example", "api.other.example", "*.eu.example.com", "*.com.example"]),
	)
}

test_a_wildcard_wider_than_the_allowed_host_is_denied if {
	bad := of_tenant({"allowed_hosts": ["api.example.com", "*.eu.example.com"]}, calling(["*.example.com"]))
	rules(egress.deny) == {"egress.host_not_allowed"} with input as bad
}

test_a_tenant_that_allows_no_host_calls_none if {
	{entry.allowed | some entry in egress.deny} == {"none"} with input as of_tenant({"allowed_hosts": []}, calm)
	egress.allow with input as of_tenant({"allowed_hosts": []}, calling([]))
	rules(egress.deny) == {"egress.host_not_allowed"} with input as calm with data.mc.egress.allowed_hosts as ["a.example"]
}

test_one_fault_is_one_reason if {
	strict := {"allowed_hosts": ["a.example"], "denied_hosts": ["*"]}
	expected := {
		"127.1": "egress.host_invalid",
		"*.com": "egress.wildcard_too_wide",
		"10.0.0.1": "egress.private_address",
		"b.example": "egress.host_denied",
	}
	every host, name in expected {
		rules(egress.deny) == {name} with input as of_tenant(strict, calling([host]))
	}
}

test_a_port_outside_the_allowed_ones_is_denied if {
	egress.verdict == {
		"deny": {denied("port_not_allowed", "api.example.com:22, api.example.com:8080", "443", {
			"message": "Task send asks for api.example.com:22, api.example.com:8080; allowed ports: 443.",
			"solution": concat(" ", [
				"Call the host on an allowed port, or have an admin of the tenant add the port to `allowed_ports`",
				"in its rule data for `egress`.",
			]),
		})},
		"warn": set(),
	} with input as on_ports([22, 443, 8080])
}

test_the_allowed_ports_are_data if {
	egress.allow with input as of_tenant({"allowed_ports": [22, 8080]}, on_ports([22, 8080]))
	rules(egress.deny) == {"egress.port_not_allowed"} with input as of_tenant({"allowed_ports": [22]}, calm)
	{entry.allowed | some entry in egress.deny} == {"none"} with input as of_tenant({"allowed_ports": []}, calm)
	egress.allow with input as on_ports([8443]) with data.mc.egress.allowed_ports as [8443]
}

test_every_task_has_its_own_reasons if {
	bad := with_tasks([task("a", [rule("10.0.0.1", [443])]), task("b", [rule("10.0.0.1", [80])])])
	{entry.message | some entry in egress.deny; entry.rule == "egress.private_address"} == {
		"Task a asks for 10.0.0.1: in a private network, on the machine itself or a metadata service.",
		"Task b asks for 10.0.0.1: in a private network, on the machine itself or a metadata service.",
	} with input as bad
	{entry.got | some entry in egress.deny; entry.rule == "egress.port_not_allowed"} == {"10.0.0.1:80"} with input as bad
}

test_a_long_list_of_hosts_is_shortened if {
	{entry.got | some entry in egress.deny} == {"a, b, c, d, e and 2 more"} with input as calling(["a", "b", "c", "d", "e", "f", "g"])
}

test_an_attempt_is_judged_by_its_own_task if {
	rules(egress.deny) == {"egress.private_address"} with input as attempt(task("send", [rule("10.0.0.1", [443])]))
	egress.allow with input as attempt(task("send", []))
}

everything := {"request.point": "publish, plan, start or task", "tenant.data.egress": "an object, or nothing"}

test_an_input_without_anything_is_denied_and_not_undefined if {
	every bad in [{}, [], null, "text", {"tenant": "text", "request": 7}, {"tenant": {"data": 1}, "workflow": {"tasks": []}}] {
		fields(egress.deny) == everything with input as bad
		rules(egress.deny) == {"egress.input_incomplete"} with input as bad
		not egress.allow with input as bad
	}
}

test_no_input_at_all_is_denied if {
	rules(egress.deny) == {"egress.input_incomplete"}
	not egress.allow
}

test_a_point_the_pack_does_not_know_is_denied if {
	every point in ["place", "write", "", null, 7] {
		fields(egress.deny) == {"request.point": "publish, plan, start or task"} with input as at(point, calm)
	}
}

test_a_run_without_tasks_is_denied if {
	every bad in [[], {}, null, "text"] {
		fields(egress.deny) == {"workflow.tasks": "a list with at least one task"} with input as with_tasks(bad)
	}
}

test_a_task_without_its_fields_is_denied if {
	listed := "a list of rules with a host and ports each"
	every bad in [{}, {"id": "", "egress": {}}, {"id": 1, "egress": "none"}, null, 7] {
		fields(egress.deny) == {"workflow.tasks[0].id": "text", "workflow.tasks[0].egress": listed} with input as with_tasks([bad])
		fields(egress.deny) == {"task.id": "text", "task.egress": listed} with input as attempt(bad)
	}
	fields(egress.deny) == {"task.id": "text", "task.egress": listed} with input as object.remove(attempt(null), ["task"])
}

test_a_rule_without_a_host_or_ports_is_denied if {
	every bad in [
		"api.example.com", {}, rule("", [443]), rule(1, [443]), {"host": "api.example.com"}, rule("api.example.com", 443),
		rule("api.example.com", [0]), rule("api.example.com", [65536]), rule("api.example.com", [443.5]), rule("api.example.com", ["443"]),
	] {
		rules(egress.deny) == {"egress.input_incomplete"} with input as with_tasks([task("send", [bad])])
		{entry.got | some entry in egress.deny} == {"workflow.tasks[0].egress"} with input as with_tasks([task("send", [bad])])
	}
}

test_rule_data_of_a_tenant_that_is_no_object_is_denied_once if {
	every bad in [null, "*", 443, ["allowed_hosts"]] {
		fields(egress.deny) == {"tenant.data.egress": "an object, or nothing"} with input as of_tenant(bad, calm)
	}
}

test_a_list_that_cannot_be_used_is_denied if {
	egress.deny == {denied("data_invalid", "allowed_ports", "a list of whole numbers from 1 to 65535", {
		"message": "The list allowed_ports of the data of the pack is not usable.",
		"solution": "Mend `data.egress` of the tenant with `maestro tenants set`, or the data of the pack and build its bundle again.",
	})} with input as of_tenant({"allowed_ports": [443, "80"]}, calm)
	broken := {
		"allowed_hosts": [null, "*", {"*": true}, [1], [""], ["API.example.com"], ["a..b"], ["*.*.a"], ["https://a.example"]],
		"denied_hosts": [null, "*", [""], ["API.example.com"], ["127.1"]],
		"allowed_ports": [null, 443, [0], [65536], [1.5], ["443"]],
		"denied_networks": [null, "10.0.0.0/8", ["10.0.0.0"], ["10.0.0.0/33"], [""], [10], ["private"]],
		"denied_suffixes": [null, "local", [""], [".local"], ["LOCAL"], ["*.local"], [1]],
	}
	every list, values in broken {
		every bad in values {
			{entry.got | some entry in egress.deny} == {list} with input as of_tenant({list: bad}, calm)
			rules(egress.deny) == {"egress.data_invalid"} with input as of_tenant({list: bad}, calm)
		}
	}
}

test_a_broken_list_of_the_pack_is_denied if {
	rules(egress.deny) == {"egress.data_invalid"} with input as calm with data.mc.egress.denied_networks as "10.0.0.0/8"
	rules(egress.deny) == {"egress.data_invalid"} with input as calm with data.mc.egress.allowed_hosts as null
}

test_a_list_the_pack_does_not_know_is_denied if {
	bad := of_tenant({"allow_hosts": []}, calm)
	expected := {"allow_hosts": "allowed_hosts, allowed_ports, denied_hosts, denied_networks, denied_suffixes"}
	fields(egress.deny) == expected with input as bad
}

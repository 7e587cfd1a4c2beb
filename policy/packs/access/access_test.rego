package mc.access_test

import data.mc.access

run(point, actor) := {
	"actor": object.union({"sub": "admin@example.com", "kind": "person", "roles": [], "tenant": "acme", "spiffeId": null}, actor),
	"tenant": {"id": "acme", "data": {}},
	"request": {"point": point},
}

calm := run("start", {"roles": ["admin"]})

runner := {"sub": "service:runner", "kind": "service"}

with_spiffe(id) := run("start", {"roles": ["admin"], "spiffeId": id})

with_tenant_data(rule_data, input_of_run) := object.union(input_of_run, {"tenant": {"data": {"access": rule_data}}})

rules(entries) := {entry.rule | some entry in entries}

fields(entries) := {entry.got: entry.allowed | some entry in entries}

roles_by_point := {
	"publish": {"admin", "composer"},
	"plan": {"admin", "operator", "composer", "viewer"},
	"start": {"admin", "operator"},
}

test_every_role_may_what_it_is_for_and_nothing_else if {
	every point, allowed in roles_by_point {
		every role in ["admin", "operator", "composer", "viewer", "stranger"] {
			expected := {"access.role_not_allowed" | not role in allowed}
			rules(access.deny) == expected with input as run(point, {"roles": [role]})
		}
	}
}

test_one_role_of_many_is_enough if {
	access.verdict == {"deny": set(), "warn": set()} with input as run("start", {"roles": ["viewer", "operator"]})
	access.allow with input as run("start", {"roles": ["viewer", "operator"]})
}

test_a_role_that_is_not_allowed_is_denied if {
	access.verdict == {
		"deny": {{
			"rule": "access.role_not_allowed",
			"message": "Roles of caller admin@example.com: viewer, composer; start is for admin, operator.",
			"got": "viewer, composer",
			"allowed": "admin, operator",
			"solution": "Have someone with one of these roles do it, or ask an admin of the tenant for the role.",
		}},
		"warn": set(),
	} with input as run("start", {"roles": ["viewer", "composer"]})
	not access.allow with input as run("start", {"roles": ["viewer", "composer"]})
}

test_a_caller_without_roles_is_denied if {
	fields(access.deny) == {"none": "admin, composer"} with input as run("publish", {})
}

test_roles_must_be_spelt_the_same if {
	rules(access.deny) == {"access.role_not_allowed"} with input as run("start", {"roles": ["Admin"]})
}

test_a_service_with_a_role_is_a_caller_like_a_person if {
	access.allow with input as run("start", {"sub": "service:schedule", "kind": "service", "roles": ["operator"]})
	rules(access.deny) == {"access.role_not_allowed"} with input as run("start", runner)
}

test_another_tenant_is_denied if {
	access.deny == {{
		"rule": "access.tenant_mismatch",
		"message": "Caller admin@example.com is of tenant beta, but asked for tenant acme.",
		"got": "beta",
		"allowed": "acme",
		"solution": "Ask with an identity of the tenant, or ask for the tenant of this identity.",
	}} with input as run("start", {"roles": ["admin"], "tenant": "beta"})
	every point in ["publish", "plan", "start", "place", "task", "write"] {
		"access.tenant_mismatch" in rules(access.deny) with input as run(point, object.union(runner, {"tenant": "ACME"}))
	}
}

test_attempts_are_for_the_runner if {
	every point in ["place", "task", "write"] {
		access.verdict == {"deny": set(), "warn": set()} with input as run(point, runner)
		access.deny == {{
			"rule": "access.service_not_allowed",
			"message": concat("", ["At ", point, " a service called service:schedule asked, but this is for service:runner."]),
			"got": "service:schedule",
			"allowed": "service:runner",
			"solution": "Leave it to the services of the home; an admin of the tenant names them in its rule data for `access`.",
		}} with input as run(point, {"sub": "service:schedule", "kind": "service"})
	}
}

test_a_person_is_no_service_whatever_name_and_role_it_has if {
	rules(access.deny) == {"access.service_not_allowed"} with input as run("place", {"sub": "service:runner", "roles": ["admin"]})
}

test_a_workload_of_a_trusted_domain_is_allowed if {
	every id in ["spiffe://example.org/ns/ci", "SPIFFE://Example.Org/ci"] {
		access.verdict == {"deny": set(), "warn": set()} with input as with_spiffe(id)
			with data.mc.access.trust_domains as ["example.com", "example.org"]
	}
}

test_a_workload_of_another_domain_is_denied if {
	access.deny == {{
		"rule": "access.trust_domain_not_allowed",
		"message": "The SPIFFE id spiffe://example.net/ci of caller admin@example.com is of no trusted domain.",
		"got": "spiffe://example.net/ci",
		"allowed": "ids of example.com, example.org",
		"solution": concat(" ", [
			"Ask with an identity of a trusted domain, or have an admin of the tenant add the domain to `trust_domains`",
			"in its rule data for `access`.",
		]),
	}} with input as with_spiffe("spiffe://example.net/ci") with data.mc.access.trust_domains as ["example.com", "example.org"]
}

test_without_trusted_domains_every_spiffe_id_is_denied if {
	fields(access.deny) == {"spiffe://example.org/ci": "no SPIFFE id"} with input as with_spiffe("spiffe://example.org/ci")
}

test_what_is_no_id_of_a_workload_is_of_no_domain if {
	every id in [
		"example.org",
		"https://example.org/ci",
		"spiffe:/example.org/ci",
		"spiffe://example.org",
		"spiffe://example.org/",
		"spiffe://example.org/ci/",
		"spiffe://example.org/a//b",
		"spiffe://example.org/../ci",
		"spiffe://example.org/./ci",
		"spiffe://a@example.org/ci",
		"spiffe://example.org:443/ci",
		"spiffe://example.org.evil.net/ci",
		"x/spiffe://example.org/ci",
	] {
		rules(access.deny) == {"access.trust_domain_not_allowed"} with input as with_spiffe(id)
			with data.mc.access.trust_domains as ["example.org"]
	}
}

test_rule_data_of_the_tenant_replaces_that_of_the_pack_point_by_point if {
	only_composers := {"roles_by_point": {"start": ["composer"]}}
	access.allow with input as with_tenant_data(only_composers, run("start", {"roles": ["composer"]}))
	rules(access.deny) == {"access.role_not_allowed"} with input as with_tenant_data(only_composers, calm)
	access.allow with input as with_tenant_data(only_composers, run("publish", {"roles": ["admin"]}))
	fields(access.deny) == {"admin": "nobody"} with input as with_tenant_data({"roles_by_point": {"start": []}}, calm)
	fields(access.deny) == {"service:runner": "nobody"} with input as with_tenant_data(
		{"services_by_point": {"write": []}},
		run("write", runner),
	)
	access.allow with input as with_tenant_data({"services_by_point": {"write": []}}, run("task", runner))
	access.allow with input as with_tenant_data({"trust_domains": ["example.org"]}, with_spiffe("spiffe://example.org/ci"))
}

test_rule_data_of_other_packs_does_not_count if {
	access.allow with input as object.union(calm, {"tenant": {"data": {"pii": {"roles_by_point": {"start": []}}}}})
}

expected_fields := {
	"actor.kind": "person or service",
	"actor.roles": "a list of text",
	"actor.spiffeId": "text, or null when the caller names none",
	"actor.sub": "text",
	"actor.tenant": "text",
	"request.point": "publish, plan, start, place, task or write",
	"tenant.data": "an object",
	"tenant.id": "text",
}

test_an_input_without_anything_is_denied_and_not_undefined if {
	every bad in [{}, [], null, "text", {"actor": "text", "request": 7, "tenant": []}] {
		fields(access.deny) == expected_fields with input as bad
		rules(access.deny) == {"access.input_incomplete"} with input as bad
		not access.allow with input as bad
	}
}

test_no_input_at_all_is_denied if {
	rules(access.deny) == {"access.input_incomplete"}
	not access.allow
}

test_fields_of_the_wrong_type_are_denied if {
	every roles in ["admin", [1], {"admin": true}, null] {
		bad := {
			"actor": {"sub": "", "kind": "robot", "roles": roles, "tenant": 1, "spiffeId": 1},
			"tenant": {"id": 1, "data": "text"},
			"request": {"point": "approve"},
		}
		fields(access.deny) == expected_fields with input as bad
	}
}

test_a_role_beside_one_that_cannot_be_read_does_not_count if {
	rules(access.deny) == {"access.input_incomplete"} with input as run("start", {"roles": ["admin", 1]})
}

roles_expected := "a list of roles: admin, operator, composer, viewer"

services_expected := "a list of names of services such as service:runner"

domains_expected := "a list of domains in lower case such as example.org"

test_broken_roles_are_denied if {
	every bad in [null, "admin", {"admin": true}, [1], [""], ["Admin"]] {
		fields(access.deny) == {"roles_by_point.plan": roles_expected} with input as calm with data.mc.access.roles_by_point as {
			"publish": ["admin"],
			"plan": bad,
			"start": ["admin"],
		}
		fields(access.deny) == {"tenant.data.access.roles_by_point.plan": roles_expected} with input as with_tenant_data(
			{"roles_by_point": {"plan": bad}},
			calm,
		)
	}
}

test_broken_services_are_denied if {
	every bad in [null, "service:runner", {"service:runner": true}, [1], [""]] {
		fields(access.deny) == {"services_by_point.task": services_expected} with input as calm with data.mc.access.services_by_point as {
			"place": [],
			"task": bad,
			"write": [],
		}
		fields(access.deny) == {"tenant.data.access.services_by_point.task": services_expected} with input as with_tenant_data(
			{"services_by_point": {"task": bad}},
			calm,
		)
	}
}

test_broken_domains_are_denied if {
	every bad in [null, "example.org", [1], [""], ["Example.org"], ["spiffe://example.org"], ["example.org/ci"], ["example.org:443"]] {
		access.deny == {{
			"rule": "access.data_invalid",
			"message": "The rule data trust_domains of the pack is not usable.",
			"got": "trust_domains",
			"allowed": domains_expected,
			"solution": "Mend the data of the pack and build its bundle again.",
		}} with input as calm with data.mc.access.trust_domains as bad
		access.deny == {{
			"rule": "access.tenant_data_invalid",
			"message": "The rule data tenant.data.access.trust_domains is not usable.",
			"got": "tenant.data.access.trust_domains",
			"allowed": domains_expected,
			"solution": "Mend it in the settings of the tenant, or remove it there, so that the data of the pack counts.",
		}} with input as with_tenant_data({"trust_domains": bad}, calm)
	}
}

test_rule_data_that_is_missing_is_denied if {
	fields(access.deny) == {
		"roles_by_point.publish": roles_expected,
		"roles_by_point.plan": roles_expected,
		"roles_by_point.start": roles_expected,
		"services_by_point.place": services_expected,
		"services_by_point.task": services_expected,
		"services_by_point.write": services_expected,
		"trust_domains": domains_expected,
	} with input as calm
		with data.mc.access.roles_by_point as {}
		with data.mc.access.services_by_point as null
		with data.mc.access.trust_domains as null
}

test_rule_data_nobody_reads_is_denied if {
	known := concat(" or ", [
		"roles_by_point.plan",
		"roles_by_point.publish",
		"roles_by_point.start",
		"services_by_point.place",
		"services_by_point.task",
		"services_by_point.write",
		"trust_domains",
	])
	fields(access.deny) == {
		"tenant.data.access.domains": known,
		"tenant.data.access.roles_by_point.write": known,
		"tenant.data.access.services_by_point": known,
	} with input as with_tenant_data(
		{"domains": [], "roles_by_point": {"write": ["admin"], "start": ["admin"]}, "services_by_point": ["service:runner"]},
		calm,
	)
}

test_rule_data_that_is_no_object_is_denied if {
	every bad in [null, "text", [], ["trust_domains"], 1] {
		fields(access.deny) == {"tenant.data.access": "an object with rule data of the pack"} with input as with_tenant_data(bad, calm)
	}
}

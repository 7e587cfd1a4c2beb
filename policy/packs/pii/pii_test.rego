package mc.pii_test

import data.mc.pii

task(id, hosts) := {"id": id, "redacts": false, "egress": [{"host": host, "ports": [443]} | some host in hosts]}

masked(id, hosts) := object.union(task(id, hosts), {"redacts": true})

calm := run("internal", [task("read", []), task("report", ["api.example.com"])])

run(class, tasks) := {
	"tenant": {"id": "acme", "data": {}},
	"request": {"point": "start"},
	"workflow": {"dataClass": class, "dataClassDeclared": true, "tasks": tasks},
	"task": null,
}

attempt(class, task_of_run) := object.union(run(class, []), {"request": {"point": "task"}, "task": task_of_run})

undeclared(tasks) := object.union(run("internal", tasks), {"workflow": {"dataClassDeclared": false}})

with_tenant_data(lists, input_of_run) := object.union(input_of_run, {"tenant": {"data": {"pii": lists}}})

rules(entries) := {entry.rule | some entry in entries}

fields(entries) := {entry.got: entry.allowed | some entry in entries}

test_egress_of_other_data_is_allowed if {
	every class in ["public", "internal", "confidential"] {
		pii.verdict == {"deny": set(), "warn": set()} with input as run(class, [task("report", ["api.example.com"])])
		pii.allow with input as run(class, [task("report", ["api.example.com"])])
	}
}

test_personal_data_without_egress_is_allowed if {
	pii.verdict == {"deny": set(), "warn": set()} with input as run("pii", [task("read", []), task("report", [])])
}

test_egress_of_personal_data_is_denied if {
	bad := run("pii", [task("read", []), task("send", ["api.example.com", "b.example.com"])])
	pii.verdict == {
		"deny": {{
			"rule": "pii.egress_not_allowed",
			"message": concat(" ", [
				"Task send handles pii data unmasked and may send it to",
				"api.example.com, b.example.com, where it may not go.",
			]),
			"got": "api.example.com, b.example.com",
			"allowed": "masked inputs, or no egress",
			"solution": concat(" ", [
				"Mask the sensitive inputs of the task (`redact` in the manifest), or send only to allowed hosts:",
				"remove the others from the egress of the task, or have an admin of the tenant add them to `allowed_hosts`",
				"in its rule data for `pii`.",
			]),
		}},
		"warn": set(),
	} with input as bad
	not pii.allow with input as bad
}

test_every_task_that_sends_is_a_reason if {
	count(pii.deny) == 2 with input as run("pii", [task("a", ["x.example.com"]), task("b", ["x.example.com"])])
}

test_egress_of_masked_inputs_is_allowed if {
	pii.allow with input as run("pii", [masked("send", ["api.example.com"])])
	count(pii.deny) == 1 with input as run("pii", [masked("send", ["a.example.com"]), task("report", ["a.example.com"])])
}

test_egress_to_allowed_hosts_is_allowed if {
	sending := run("pii", [task("send", ["api.example.com"])])
	every lists in [["api.example.com"], ["b.example.com", "*.example.com"], ["*.com"]] {
		pii.allow with input as sending with data.mc.pii.allowed_hosts as lists
	}
	pii.allow with input as run("pii", [task("send", ["API.Example.com"])]) with data.mc.pii.allowed_hosts as ["api.example.com"]
	pii.allow with input as run("pii", [task("send", ["a.B.Example.com"])]) with data.mc.pii.allowed_hosts as ["*.example.com"]
}

test_only_hosts_that_are_not_allowed_are_named if {
	hosts := ["api.example.com", "api.example.org", "a", "b", "c", "d", "e"]
	fields(pii.deny) == {"api.example.org, a, b, c, d and 1 more": "masked inputs, or egress to *.example.com"} with input as run(
		"pii",
		[task("send", hosts)],
	)
		with data.mc.pii.allowed_hosts as ["*.example.com"]
}

test_a_wildcard_stands_for_whole_labels_below_it if {
	every host in ["example.com", "badexample.com", ".example.com", "example.com.evil.org", "api.example.com.evil.org"] {
		rules(pii.deny) == {"pii.egress_not_allowed"} with input as run("pii", [task("send", [host])])
			with data.mc.pii.allowed_hosts as ["*.example.com"]
	}
}

test_an_entry_without_star_stands_for_itself_alone if {
	rules(pii.deny) == {"pii.egress_not_allowed"} with input as run("pii", [task("send", ["a.example.com"])])
		with data.mc.pii.allowed_hosts as ["example.com"]
}

test_an_unknown_data_class_is_denied if {
	every class in ["PII", "secret", "pii "] {
		pii.deny == {{
			"rule": "pii.data_class_unknown",
			"message": concat("", ["The data class ", class, " of the workflow is not known."]),
			"got": class,
			"allowed": "public, internal, confidential, pii",
			"solution": concat(" ", [
				"Give the workflow a known data class, or have an admin of the tenant add the class to `known_data_classes`",
				"in its rule data for `pii`.",
			]),
		}} with input as run(class, [task("read", [])])
	}
}

test_egress_without_a_declared_data_class_is_a_warning_and_no_denial if {
	bad := undeclared([task("read", []), task("send", ["api.example.com"]), task("tell", ["b.example.com"])])
	pii.verdict == {
		"deny": set(),
		"warn": {{
			"rule": "pii.data_class_undeclared",
			"message": "The workflow declares no data class, and task send, task tell may call hosts outside.",
			"got": "task send, task tell",
			"allowed": "dataClass: public, internal, confidential, pii",
			"solution": "Declare `dataClass` in the manifest, the most sensitive data the workflow handles.",
		}},
	} with input as bad
	pii.allow with input as bad
}

test_no_egress_needs_no_declared_data_class if {
	pii.verdict == {"deny": set(), "warn": set()} with input as undeclared([task("read", [])])
}

test_every_point_of_a_run_is_judged_alike if {
	every point in ["publish", "plan", "start"] {
		pii.allow with input as object.union(calm, {"request": {"point": point}})
		rules(pii.deny) == {"pii.egress_not_allowed"} with input as object.union(
			run("pii", [task("send", ["api.example.com"])]),
			{"request": {"point": point}},
		)
	}
}

test_an_attempt_is_judged_by_its_own_task if {
	pii.verdict == {"deny": set(), "warn": set()} with input as attempt("pii", task("read", []))
	pii.verdict == {"deny": set(), "warn": set()} with input as attempt("pii", masked("send", ["api.example.com"]))
	rules(pii.deny) == {"pii.egress_not_allowed"} with input as attempt("pii", task("send", ["api.example.com"]))
	rules(pii.warn) == {"pii.data_class_undeclared"} with input as object.union(
		attempt("internal", task("send", ["api.example.com"])),
		{"workflow": {"dataClassDeclared": false}},
	)
}

test_lists_of_the_tenant_count_and_protection_only_grows if {
	sending := run("pii", [task("send", ["api.example.com"])])
	rules(pii.deny) == {"pii.egress_not_allowed"} with input as with_tenant_data({}, sending)
	pii.allow with input as with_tenant_data({"allowed_hosts": ["*.example.com"]}, sending)
	rules(pii.deny) == {"pii.egress_not_allowed"} with input as with_tenant_data({"sensitive_data_classes": []}, sending)
	rules(pii.deny) == {"pii.data_class_unknown"} with input as with_tenant_data({"known_data_classes": ["internal"]}, run(
		"pii",
		[task("read", [])],
	))
	rules(pii.deny) == {"pii.egress_not_allowed"} with input as with_tenant_data(
		{"known_data_classes": ["secret"], "sensitive_data_classes": ["secret"]},
		run("secret", [task("send", ["api.example.com"])]),
	)
}

test_lists_of_other_packs_do_not_count if {
	pii.verdict == {"deny": set(), "warn": set()} with input as object.union(
		calm,
		{"tenant": {"data": {"residency": {"sensitive_data_classes": ["internal"]}}}},
	)
}

test_an_input_without_anything_is_denied_and_not_undefined if {
	expected := {
		"request.point": "publish, plan, start or task",
		"tenant.data": "an object",
		"workflow.dataClass": "text",
		"workflow.dataClassDeclared": "true or false",
		"workflow.tasks": "a list with at least one task",
	}
	every bad in [{}, [], null, "text", {"workflow": "text", "request": 7}, {"workflow": {"tasks": {}}}, {"workflow": {"tasks": []}}] {
		fields(pii.deny) == expected with input as bad
		rules(pii.deny) == {"pii.input_incomplete"} with input as bad
		pii.warn == set() with input as bad
		not pii.allow with input as bad
	}
}

test_no_input_at_all_is_denied if {
	rules(pii.deny) == {"pii.input_incomplete"}
	not pii.allow
}

test_fields_of_the_wrong_type_are_denied if {
	fields(pii.deny) == {
		"request.point": "publish, plan, start or task",
		"tenant.data": "an object",
		"workflow.dataClass": "text",
		"workflow.dataClassDeclared": "true or false",
		"workflow.tasks[0].id": "text",
		"workflow.tasks[0].redacts": "true or false",
		"workflow.tasks[0].egress": "a list of rules with a host each",
		"workflow.tasks[1].id": "text",
		"workflow.tasks[1].redacts": "true or false",
		"workflow.tasks[1].egress": "a list of rules with a host each",
	} with input as {
		"tenant": {"data": "text"},
		"request": {"point": "write"},
		"workflow": {
			"dataClass": "",
			"dataClassDeclared": "yes",
			"tasks": [{"id": 1, "redacts": "yes", "egress": [{"host": 1}]}, {}],
		},
	}
}

test_a_task_that_does_not_say_whether_it_is_masked_is_not if {
	rules(pii.deny) == {"pii.egress_not_allowed", "pii.input_incomplete"} with input as run(
		"pii",
		[object.remove(task("send", ["api.example.com"]), ["redacts"])],
	)
}

test_an_attempt_without_its_task_is_denied if {
	expected := {"task.id": "text", "task.redacts": "true or false", "task.egress": "a list of rules with a host each"}
	every bad in [null, {}, "text"] {
		fields(pii.deny) == expected with input as object.union(calm, {"request": {"point": "task"}, "task": bad})
	}
	fields(pii.deny) == expected with input as object.remove(object.union(calm, {"request": {"point": "task"}}), ["task"])
}

expected_lists := {
	"known_data_classes": "a list of text",
	"sensitive_data_classes": "a list of text, each a known data class",
	"allowed_hosts": "a list of hosts in lower case such as api.example.com or *.example.com",
}

broken_classes := [null, "pii", {"pii": true}, [1], [""]]

broken_hosts := [
	null,
	"example.com",
	{"example.com": true},
	[1],
	[""],
	["*"],
	["*."],
	["*.*.com"],
	["api.*"],
	[".example.com"],
	["example.com."],
	["Example.com"],
	["https://example.com"],
	["example.com:443"],
	["example.com", "a b"],
]

test_a_broken_list_is_denied if {
	every bad in broken_classes {
		rules(pii.deny) == {"pii.data_invalid"} with input as calm with data.mc.pii.sensitive_data_classes as bad
		"known_data_classes" in {entry.got | some entry in pii.deny} with input as calm with data.mc.pii.known_data_classes as bad
	}
	every bad in broken_hosts {
		pii.deny == {{
			"rule": "pii.data_invalid",
			"message": "The list allowed_hosts of the pack is not usable.",
			"got": "allowed_hosts",
			"allowed": "a list of hosts in lower case such as api.example.com or *.example.com",
			"solution": "Mend the data of the pack and build its bundle again.",
		}} with input as calm with data.mc.pii.allowed_hosts as bad
	}
	fields(pii.deny) == expected_lists with input as calm
		with data.mc.pii.known_data_classes as null
		with data.mc.pii.sensitive_data_classes as null
		with data.mc.pii.allowed_hosts as null
}

test_a_sensitive_class_that_is_not_known_is_denied if {
	rules(pii.deny) == {"pii.data_invalid"} with input as calm with data.mc.pii.sensitive_data_classes as ["PII"]
}

test_a_broken_list_of_the_tenant_is_denied if {
	every bad in array.concat(broken_classes, [["PII"]]) {
		fields(pii.deny) == {"tenant.data.pii.sensitive_data_classes": "a list of text, each a known data class"} with input as with_tenant_data(
			{"sensitive_data_classes": bad},
			calm,
		)
	}
	every bad in broken_classes {
		"pii.tenant_data_invalid" in rules(pii.deny) with input as with_tenant_data({"known_data_classes": bad}, calm)
	}
	every bad in broken_hosts {
		pii.deny == {{
			"rule": "pii.tenant_data_invalid",
			"message": "The rule data tenant.data.pii.allowed_hosts is not usable.",
			"got": "tenant.data.pii.allowed_hosts",
			"allowed": "a list of hosts in lower case such as api.example.com or *.example.com",
			"solution": "Mend it in the settings of the tenant, or remove it there, so that the data of the pack counts.",
		}} with input as with_tenant_data({"allowed_hosts": bad}, calm)
	}
}

test_rule_data_nobody_reads_is_denied if {
	fields(pii.deny) == {"tenant.data.pii.hosts": "allowed_hosts or known_data_classes or sensitive_data_classes"} with input as with_tenant_data(
		{"hosts": [], "known_data_classes": ["internal"]},
		calm,
	)
}

test_rule_data_that_is_no_object_is_denied if {
	every bad in [null, "text", [], ["allowed_hosts"], 1] {
		fields(pii.deny) == {"tenant.data.pii": "an object with lists of the pack"} with input as with_tenant_data(bad, calm)
	}
}

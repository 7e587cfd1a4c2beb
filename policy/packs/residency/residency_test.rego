package mc.residency_test

import data.mc.residency

task(id, region) := {"id": id, "uses": "pkg:demo/echo@1.0.0", "region": region, "resourceClass": "small", "egress": []}

calm := {
	"tenant": {"id": "acme", "data": {}},
	"home": {"region": null, "cloud": "local"},
	"request": {"point": "start", "region": "EU", "resourceClass": "small"},
	"workflow": {"name": "audit", "region": "EU", "dataClass": "internal", "tasks": [task("read", "EU"), task("report", "EU")]},
}

with_tasks(tasks) := object.union(calm, {"workflow": {"tasks": tasks}})

at_home(region, input_of_run) := object.union(input_of_run, {"home": {"region": region}})

everywhere(region) := object.union(
	calm,
	{"request": {"region": region}, "workflow": {"region": region, "tasks": [task("read", region)]}},
)

with_egress(class, hosts) := object.union(calm, {"workflow": {
	"dataClass": class,
	"tasks": [object.union(task("send", "EU"), {"egress": [{"host": host, "ports": [443]} | some host in hosts]})],
}})

# An attempt at task `read`, which would be placed in `region`.
at_place(region, task_of_run) := object.union(calm, {
	"request": {"point": "place"},
	"workflow": {"tasks": []},
	"task": task_of_run,
	"placement": {"region": region, "cloud": "local", "sandbox": "bubblewrap"},
})

with_tenant_data(lists) := object.union(everywhere("RU"), {"tenant": {"data": {"residency": lists}}})

rules(entries) := {entry.rule | some entry in entries}

fields(entries) := {entry.got: entry.allowed | some entry in entries}

test_a_run_in_the_region_of_its_workflow_is_allowed if {
	residency.verdict == {"deny": set(), "warn": set()} with input as calm
	residency.allow with input as calm
}

test_another_region_than_the_workflows_is_denied if {
	bad := object.union(with_tasks([task("read", "US")]), {"request": {"region": "US"}})
	residency.verdict == {
		"deny": {{
			"rule": "residency.region_mismatch",
			"message": "The run was asked for in region US, but the workflow is bound to EU.",
			"got": "US",
			"allowed": "EU",
			"solution": "Ask for the region of the workflow, or publish a version of the workflow for the region you need.",
		}},
		"warn": set(),
	} with input as bad
	not residency.allow with input as bad
}

test_regions_must_be_spelt_the_same if {
	rules(residency.deny) == {"residency.region_mismatch"} with input as object.union(
		with_tasks([task("read", "eu")]),
		{"request": {"region": "eu"}},
	)
}

test_a_task_in_another_region_is_denied if {
	residency.deny == {{
		"rule": "residency.task_region_mismatch",
		"message": "Task report would run in region US, but the run was asked for in EU.",
		"got": "US",
		"allowed": "EU",
		"solution": "Remove the region of the task, so that it runs where the workflow runs, or move it to a workflow of its own.",
	}} with input as with_tasks([task("read", "EU"), task("report", "US")])
}

test_a_task_that_follows_its_workflow_is_no_reason_of_its_own if {
	rules(residency.deny) == {"residency.region_mismatch"} with input as object.union(calm, {"request": {"region": "US"}})
}

test_a_task_in_a_banned_jurisdiction_is_denied_for_both_reasons if {
	rules(residency.deny) == {
		"residency.region_banned",
		"residency.task_region_mismatch",
	} with input as with_tasks([task("read", "EU"), task("report", "RU")])
}

banned_at(place, region) := {
	"rule": "residency.region_banned",
	"message": concat("", ["Region ", region, " of ", place, " lies in a banned jurisdiction."]),
	"got": region,
	"allowed": "any region outside KP, RU",
	"solution": "Use a region outside the banned jurisdictions; the list is data of this pack.",
}

test_one_banned_region_is_one_reason if {
	residency.deny == {banned_at("the request", "RU")} with input as everywhere("RU")
}

test_a_banned_jurisdiction_is_denied_at_every_place if {
	bad := object.union(with_tasks([task("read", "ru-1")]), {"request": {"region": "RU"}, "workflow": {"region": "KP"}})
	expected := {banned_at("the request", "RU"), banned_at("the workflow", "KP"), banned_at("task read", "ru-1")}
	expected == {entry | some entry in residency.deny; entry.rule == "residency.region_banned"} with input as bad
}

test_a_run_in_the_region_of_its_home_is_allowed if {
	residency.verdict == {"deny": set(), "warn": set()} with input as at_home("EU", calm)
	residency.allow with input as at_home("US", everywhere("US"))
}

test_a_run_elsewhere_than_its_home_is_denied_once if {
	residency.deny == {{
		"rule": "residency.home_region_mismatch",
		"message": "Region EU of the request is not the region this home declares, US.",
		"got": "EU",
		"allowed": "US",
		"solution": "Run it in a home of that region, or ask for the region of this home.",
	}} with input as at_home("US", calm)
	not residency.allow with input as at_home("US", calm)
}

test_a_home_and_a_run_must_spell_regions_the_same if {
	rules(residency.deny) == {"residency.home_region_mismatch"} with input as at_home("eu", calm)
}

test_a_task_elsewhere_than_its_home_is_denied if {
	bad := at_home("EU", with_tasks([task("read", "EU"), task("report", "US")]))
	rules(residency.deny) == {"residency.home_region_mismatch", "residency.task_region_mismatch"} with input as bad
	{entry.message | some entry in residency.deny; entry.rule == "residency.home_region_mismatch"} == {concat("", [
		"Region US of task report ",
		"is not the region this home declares, EU.",
	])} with input as bad
}

test_the_region_a_workflow_is_bound_to_is_no_place_where_it_runs if {
	bad := at_home("EU", object.union(calm, {"workflow": {"region": "US"}}))
	rules(residency.deny) == {"residency.region_mismatch"} with input as bad
}

test_a_home_that_declares_nothing_is_not_judged_by_where_it_stands if {
	every region in ["EU", "US", "eu-central-1"] {
		residency.allow with input as at_home(null, everywhere(region))
	}
}

test_a_home_whose_region_cannot_be_read_is_denied if {
	every bad in ["", 1, true, ["EU"], {"region": "EU"}] {
		fields(residency.deny) == {"home.region": "text, or null when the home declares none"} with input as at_home(bad, calm)
	}
	rules(residency.deny) == {"residency.input_incomplete"} with input as object.remove(calm, ["home"])
}

test_a_cloud_region_of_a_banned_jurisdiction_is_denied if {
	every region in ["ru-central1", "ru", "KP", "kp-1"] {
		rules(residency.deny) == {"residency.region_banned"} with input as everywhere(region)
	}
}

test_a_region_that_only_begins_like_a_banned_one_is_allowed if {
	residency.allow with input as everywhere("RUHR")
}

test_only_the_banned_list_of_the_data_counts if {
	residency.allow with input as everywhere("RU") with data.mc.residency.banned_jurisdictions as ["EU"]
	rules(residency.deny) == {"residency.region_banned"} with input as calm with data.mc.residency.banned_jurisdictions as ["EU"]
}

test_an_empty_banned_list_bans_nothing if {
	residency.allow with input as everywhere("RU") with data.mc.residency.banned_jurisdictions as []
}

test_egress_of_sensitive_data_is_a_warning_and_no_denial if {
	residency.verdict == {
		"deny": set(),
		"warn": {{
			"rule": "residency.sensitive_egress",
			"message": "Task send handles pii data and may send it to api.example.com, whose region is not known.",
			"got": "api.example.com",
			"allowed": "no egress",
			"solution": "Remove the egress of the task, or make sure that the hosts keep the data in the region of the run.",
		}},
	} with input as with_egress("pii", ["api.example.com"])
	residency.allow with input as with_egress("pii", ["api.example.com"])
}

test_a_long_list_of_hosts_is_shortened if {
	{entry.got | some entry in residency.warn} == {"a, b, c, d, e and 2 more"} with input as with_egress(
		"confidential",
		["a", "b", "c", "d", "e", "f", "g"],
	)
}

test_egress_of_other_data_is_no_warning if {
	residency.warn == set() with input as with_egress("internal", ["api.example.com"])
}

test_an_input_without_anything_is_denied_and_not_undefined if {
	expected := {
		"home.region": "text, or null when the home declares none",
		"request.point": "publish, plan, start or place",
		"request.region": "text",
		"tenant.data": "an object",
		"workflow.region": "text",
		"workflow.dataClass": "text",
		"workflow.tasks": "a list with at least one task",
	}
	every bad in [{}, [], null, "text", {"workflow": "text", "request": 7}, {"workflow": {"tasks": {}}}, {"workflow": {"tasks": []}}] {
		fields(residency.deny) == expected with input as bad
		rules(residency.deny) == {"residency.input_incomplete"} with input as bad
		not residency.allow with input as bad
	}
}

test_no_input_at_all_is_denied if {
	rules(residency.deny) == {"residency.input_incomplete"}
	not residency.allow
}

test_a_task_without_its_fields_is_denied if {
	fields(residency.deny) == {
		"workflow.tasks[0].id": "text",
		"workflow.tasks[0].region": "text",
		"workflow.tasks[0].egress": "a list of rules with a host each",
	} with input as with_tasks([{}])
}

test_fields_of_the_wrong_type_are_denied if {
	bad := {
		"tenant": {"data": []},
		"home": {"region": 1},
		"request": {"point": "write", "region": 1},
		"workflow": {"region": 1, "dataClass": "", "tasks": [{"id": "", "region": 1, "egress": [{"host": ""}]}]},
	}
	rules(residency.deny) == {"residency.input_incomplete"} with input as bad
	fields(residency.deny) == {
		"home.region": "text, or null when the home declares none",
		"request.point": "publish, plan, start or place",
		"request.region": "text",
		"tenant.data": "an object",
		"workflow.region": "text",
		"workflow.dataClass": "text",
		"workflow.tasks[0].id": "text",
		"workflow.tasks[0].region": "text",
		"workflow.tasks[0].egress": "a list of rules with a host each",
	} with input as bad
}

test_a_broken_banned_list_is_denied if {
	every bad in [null, "RU", {"RU": true}, [1], [""], ["ru"]] {
		residency.deny == {{
			"rule": "residency.data_invalid",
			"message": "The list banned_jurisdictions of the pack is not usable.",
			"got": "banned_jurisdictions",
			"allowed": "a list of text, jurisdictions in upper case",
			"solution": "Mend the data of the pack and build its bundle again.",
		}} with input as calm with data.mc.residency.banned_jurisdictions as bad
	}
}

test_a_broken_list_of_data_classes_is_denied if {
	rules(residency.deny) == {"residency.data_invalid"} with input as calm with data.mc.residency.sensitive_data_classes as "pii"
	not residency.allow with input as calm with data.mc.residency.sensitive_data_classes as "pii"
}

test_every_point_of_a_run_is_judged_alike if {
	every point in ["publish", "plan", "start"] {
		residency.allow with input as object.union(calm, {"request": {"point": point}})
		rules(residency.deny) == {"residency.region_mismatch"} with input as object.union(calm, {"request": {
			"point": point,
			"region": "US",
		}})
	}
}

test_an_attempt_in_the_region_of_its_task_is_allowed if {
	residency.verdict == {"deny": set(), "warn": set()} with input as at_place("EU", task("read", "EU"))
	residency.verdict == {"deny": set(), "warn": set()} with input as at_place(null, task("read", "EU"))
}

test_an_attempt_elsewhere_than_its_task_is_denied if {
	residency.deny == {{
		"rule": "residency.placement_region_mismatch",
		"message": "Task read would be placed in region US, but it is to run in EU.",
		"got": "US",
		"allowed": "EU",
		"solution": concat(" ", [
			"Place the attempt in the region of its task; when there is no such place,",
			"run the workflow in a home of that region.",
		]),
	}} with input as at_place("US", task("read", "EU"))
}

test_a_placement_is_judged_at_the_point_place_alone if {
	residency.allow with input as object.union(at_place("US", task("read", "EU")), {
		"request": {"point": "start"},
		"workflow": calm.workflow,
	})
}

test_an_attempt_is_judged_by_the_region_of_its_task if {
	rules(residency.deny) == {"residency.task_region_mismatch"} with input as at_place("US", task("read", "US"))
}

test_an_attempt_elsewhere_than_its_home_is_denied if {
	bad := at_home("EU", at_place("US", task("read", "EU")))
	rules(residency.deny) == {"residency.home_region_mismatch", "residency.placement_region_mismatch"} with input as bad
	{entry.message | some entry in residency.deny; entry.rule == "residency.home_region_mismatch"} == {concat("", [
		"Region US of the placement of task read ",
		"is not the region this home declares, EU.",
	])} with input as bad
}

test_an_attempt_in_a_banned_jurisdiction_is_denied if {
	rules(residency.deny) == {
		"residency.placement_region_mismatch",
		"residency.region_banned",
	} with input as at_place("RU", task("read", "EU"))
}

test_egress_of_sensitive_data_is_a_warning_at_an_attempt_too if {
	sending := object.union(task("send", "EU"), {"egress": [{"host": "api.example.com", "ports": [443]}]})
	rules(residency.warn) == {"residency.sensitive_egress"} with input as object.union(
		at_place("EU", sending),
		{"workflow": {"dataClass": "pii"}},
	)
}

test_an_attempt_without_task_or_placement_is_denied if {
	expected := {
		"placement.region": "text, or null when the place declares none",
		"task.id": "text",
		"task.region": "text",
		"task.egress": "a list of rules with a host each",
	}
	every bad in [null, {}, "text"] {
		fields(residency.deny) == expected with input as object.union(calm, {
			"request": {"point": "place"},
			"task": bad,
			"placement": bad,
		})
	}
	fields(residency.deny) == expected with input as object.union(calm, {"request": {"point": "place"}})
}

test_lists_of_the_tenant_add_to_those_of_the_pack if {
	rules(residency.deny) == {"residency.region_banned"} with input as with_tenant_data({})
	rules(residency.deny) == {"residency.region_banned"} with input as with_tenant_data({"sensitive_data_classes": []})
	rules(residency.deny) == {"residency.region_banned"} with input as with_tenant_data({"banned_jurisdictions": ["US"]})
	rules(residency.deny) == {"residency.region_banned"} with input as with_tenant_data({"banned_jurisdictions": []})
	rules(residency.warn) == {"residency.sensitive_egress"} with input as object.union(
		with_egress("pii", ["api.example.com"]),
		{"tenant": {"data": {"residency": {"sensitive_data_classes": []}}}},
	)
}

test_lists_of_other_packs_do_not_count if {
	residency.verdict == {"deny": set(), "warn": set()} with input as object.union(
		calm,
		{"tenant": {"data": {"pii": {"banned_jurisdictions": ["EU"]}}}},
	)
}

test_a_broken_list_of_the_tenant_is_denied if {
	every bad in [null, "US", {"US": true}, [1], [""], ["us"]] {
		{
			"rule": "residency.tenant_data_invalid",
			"message": "The rule data tenant.data.residency.banned_jurisdictions is not usable.",
			"got": "tenant.data.residency.banned_jurisdictions",
			"allowed": "a list of text, jurisdictions in upper case",
			"solution": "Mend it in the settings of the tenant, or remove it there, so that the data of the pack counts.",
		} in residency.deny with input as with_tenant_data({"banned_jurisdictions": bad})
		"residency.region_banned" in rules(residency.deny) with input as with_tenant_data({"banned_jurisdictions": bad})
	}
	rules(residency.deny) == {
		"residency.region_banned",
		"residency.tenant_data_invalid",
	} with input as with_tenant_data({"sensitive_data_classes": [1]})
}

test_rule_data_nobody_reads_is_denied if {
	fields(residency.deny) == {
		"tenant.data.residency.banned": "banned_jurisdictions or sensitive_data_classes",
		"RU": "any region outside KP, RU",
	} with input as with_tenant_data({"banned": ["EU"]})
}

test_rule_data_that_is_no_object_is_denied if {
	every bad in [null, "text", [], ["banned_jurisdictions"], 1] {
		fields(residency.deny) == {"tenant.data.residency": "an object with lists of the pack"} with input as with_tenant_data(bad)
	}
}

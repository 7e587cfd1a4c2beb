package mc.residency_test

import data.mc.residency

task(id, region) := {"id": id, "uses": "pkg:demo/echo@1.0.0", "region": region, "resourceClass": "small", "egress": []}

calm := {
	"request": {"point": "start", "region": "EU", "resourceClass": "small"},
	"workflow": {"name": "audit", "region": "EU", "dataClass": "internal", "tasks": [task("read", "EU"), task("report", "EU")]},
}

with_tasks(tasks) := object.union(calm, {"workflow": {"tasks": tasks}})

everywhere(region) := object.union(
	calm,
	{"request": {"region": region}, "workflow": {"region": region, "tasks": [task("read", region)]}},
)

with_egress(class, hosts) := object.union(calm, {"workflow": {
	"dataClass": class,
	"tasks": [object.union(task("send", "EU"), {"egress": [{"host": host, "ports": [443]} | some host in hosts]})],
}})

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

test_a_banned_jurisdiction_is_denied_at_every_place if {
	residency.deny == {entry |
		some place in ["the request", "the workflow"]
		entry := {
			"rule": "residency.region_banned",
			"message": concat("", ["Region RU of ", place, " lies in a banned jurisdiction."]),
			"got": "RU",
			"allowed": "any region outside KP, RU",
			"solution": "Use a region outside the banned jurisdictions; the list is data of this pack.",
		}
	} with input as everywhere("RU")
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
		"request.region": "text",
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
		"request": {"region": 1},
		"workflow": {"region": 1, "dataClass": "", "tasks": [{"id": "", "region": 1, "egress": [{"host": ""}]}]},
	}
	rules(residency.deny) == {"residency.input_incomplete"} with input as bad
	fields(residency.deny) == {
		"request.region": "text",
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

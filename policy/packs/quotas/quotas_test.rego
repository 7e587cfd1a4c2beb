package mc.quotas_test

import data.mc.quotas

task(id, class) := {"id": id, "resourceClass": class}

calm := {
	"request": {"point": "start"},
	"tenant": {
		"quota": {"maxConcurrent": 25, "inUse": 3, "resourceClasses": ["small", "medium"]},
		"data": {"quotas": {}},
	},
	"workflow": {"tasks": [task("read", "small"), task("report", "medium")]},
	"task": null,
}

with_quota(quota) := object.union(calm, {"tenant": {"quota": quota}})

with_tasks(tasks) := object.union(calm, {"workflow": {"tasks": tasks}})

with_settings(values) := object.union(calm, {"tenant": {"data": {"quotas": values}}})

at(point, input_of_run) := object.union(input_of_run, {"request": {"point": point}})

placing(task_of_attempt) := object.union(calm, {"request": {"point": "place"}, "workflow": {"tasks": []}, "task": task_of_attempt})

silent := {"deny": set(), "warn": set()}

rules(entries) := {entry.rule | some entry in entries}

fields(entries) := {entry.got: entry.allowed | some entry in entries}

test_a_run_within_the_quota_is_allowed if {
	every point in ["plan", "start"] {
		quotas.verdict == silent with input as at(point, calm)
		quotas.allow with input as at(point, calm)
	}
}

test_a_tenant_without_a_section_of_rule_data_is_judged_by_the_packs if {
	bare := json.remove(calm, ["tenant/data/quotas"])
	quotas.verdict == silent with input as bare
}

test_a_run_beyond_the_open_runs_is_denied if {
	full := with_quota({"inUse": 25})
	every point in ["plan", "start"] {
		quotas.verdict == {
			"deny": {{
				"rule": "quotas.concurrency",
				"message": "The tenant has 25 open runs, but its quota is at most 25.",
				"got": "25 open runs",
				"allowed": "at most 25",
				"solution": concat(" ", [
					"Wait for one of the open runs to end or cancel one,",
					"or ask an admin of the home to raise the quota with `maestro tenants set`.",
				]),
			}},
			"warn": set(),
		} with input as at(point, full)
		not quotas.allow with input as at(point, full)
	}
}

test_the_last_slot_is_given if {
	quotas.allow with input as with_quota({"inUse": 24})
	rules(quotas.deny) == {"quotas.concurrency"} with input as with_quota({"inUse": 26})
}

test_one_open_run_is_written_as_one if {
	{entry.got | some entry in quotas.deny} == {"1 open run"} with input as with_quota({"inUse": 1, "maxConcurrent": 1})
}

test_an_attempt_of_an_open_run_needs_no_further_slot if {
	full := object.union(placing(task("read", "small")), {"tenant": {"quota": {"inUse": 25}}})
	quotas.verdict == silent with input as full
}

large_task := {
	"rule": "quotas.resource_class",
	"message": "Task train asks for the resource class large, but the tenant may use small, medium.",
	"got": "large",
	"allowed": "small, medium",
	"solution": "Give the task a class that the tenant may use, or ask an admin of the home for the class with `maestro tenants set`.",
}

test_a_class_the_tenant_may_not_use_is_denied if {
	every point in ["plan", "start"] {
		quotas.deny == {large_task} with input as at(point, with_tasks([task("read", "small"), task("train", "large")]))
	}
}

test_a_class_taken_from_the_tenant_since_the_start_is_denied_at_place if {
	quotas.deny == {large_task} with input as placing(task("train", "large"))
	quotas.verdict == silent with input as placing(task("train", "medium"))
}

test_a_tenant_without_classes_runs_nothing if {
	{entry.got | some entry in quotas.deny} == {"small", "medium"} with input as with_quota({"resourceClasses": []})
}

test_more_tasks_of_a_class_than_allowed_are_denied if {
	bad := object.union(
		with_settings({"max_tasks_by_class": {"medium": 1, "small": 0, "large": 0}}),
		{"workflow": {"tasks": [task("a", "medium"), task("b", "medium")]}},
	)
	quotas.verdict == {
		"deny": {{
			"rule": "quotas.class_count",
			"message": "The run has 2 tasks of the class medium, but the tenant allows at most 1 in one run.",
			"got": "2 tasks",
			"allowed": "at most 1",
			"solution": "Give some of the tasks another class, split the workflow, or raise `data.quotas.max_tasks_by_class` of the tenant.",
		}},
		"warn": set(),
	} with input as bad
}

test_as_many_tasks_of_a_class_as_allowed_are_allowed if {
	quotas.verdict == silent with input as with_settings({"max_tasks_by_class": {"medium": 1, "small": 1}})
	rules(quotas.deny) == {"quotas.class_count"} with input as calm with data.mc.quotas.max_tasks_by_class as {"small": 0}
}

test_a_quota_nearly_used_up_is_warned_of if {
	quotas.verdict == {
		"deny": set(),
		"warn": {{
			"rule": "quotas.near_limit",
			"message": "With this run the tenant has 23 open runs, and its quota is at most 25.",
			"got": "23 open runs",
			"allowed": "at most 25",
			"solution": "Leave the rest to the runs that matter now, or ask an admin of the home to raise the quota with `maestro tenants set`.",
		}},
	} with input as with_quota({"inUse": 22})
	quotas.verdict == silent with input as with_quota({"inUse": 21})
}

test_the_warning_line_is_data if {
	rules(quotas.warn) == {"quotas.near_limit"} with input as with_settings({"warn_percent": 16})
	quotas.warn == set() with input as with_settings({"warn_percent": 17})
	rules(quotas.warn) == {"quotas.near_limit"} with input as calm with data.mc.quotas.warn_percent as 10
}

test_small_quotas_are_not_warned_of if {
	quotas.verdict == silent with input as with_quota({"maxConcurrent": 9, "inUse": 8})
	rules(quotas.warn) == {"quotas.near_limit"} with input as with_quota({"maxConcurrent": 10, "inUse": 9})
	rules(quotas.warn) == {"quotas.near_limit"} with input as with_quota({"maxConcurrent": 10, "inUse": 8})
}

everything := {
	"request.point": "plan, start or place",
	"tenant.data.quotas": "an object, or nothing",
	"tenant.quota.inUse": "a whole number",
	"tenant.quota.maxConcurrent": "a whole number",
	"tenant.quota.resourceClasses": "a list of text",
}

test_an_input_without_anything_is_denied_and_not_undefined if {
	every bad in [{}, [], null, "text", {"tenant": "text", "request": 7}, {"tenant": {"quota": [], "data": 1}, "workflow": {"tasks": []}}] {
		fields(quotas.deny) == everything with input as bad
		rules(quotas.deny) == {"quotas.input_incomplete"} with input as bad
		not quotas.allow with input as bad
	}
}

test_no_input_at_all_is_denied if {
	rules(quotas.deny) == {"quotas.input_incomplete"}
	not quotas.allow
}

test_a_point_the_pack_does_not_know_is_denied if {
	every point in ["publish", "task", "write", "", null, 7] {
		fields(quotas.deny) == {"request.point": "plan, start or place"} with input as at(point, calm)
	}
}

test_a_run_without_tasks_is_denied if {
	every bad in [[], {}, null, "text"] {
		fields(quotas.deny) == {"workflow.tasks": "a list with at least one task"} with input as with_tasks(bad)
	}
}

test_a_task_without_its_fields_is_denied if {
	every bad in [{}, {"id": "", "resourceClass": 1}, null, 7] {
		fields(quotas.deny) == {
			"workflow.tasks[0].id": "text",
			"workflow.tasks[0].resourceClass": "text",
		} with input as with_tasks([bad])
		fields(quotas.deny) == {"task.id": "text", "task.resourceClass": "text"} with input as placing(bad)
	}
}

test_a_number_that_is_none_is_denied if {
	every bad in [null, "3", -1, 2.5, 1000000001, true] {
		every name in ["inUse", "maxConcurrent"] {
			fields(quotas.deny) == {concat(".", ["tenant.quota", name]): "a whole number"} with input as with_quota({name: bad})
		}
	}
}

test_classes_that_are_no_list_of_text_are_denied if {
	every bad in [null, "small", {"small": true}, ["small", "medium", 1], ["small", "medium", ""]] {
		got := fields(quotas.deny) with input as with_quota({"resourceClasses": bad})
		got["tenant.quota.resourceClasses"] == "a list of text"
		not quotas.allow with input as with_quota({"resourceClasses": bad})
	}
}

test_rule_data_of_a_tenant_that_is_no_object_is_denied_once if {
	every bad in [null, "90", 90, ["warn_percent"]] {
		fields(quotas.deny) == {"tenant.data.quotas": "an object, or nothing"} with input as with_settings(bad)
	}
}

test_rule_data_that_cannot_be_used_is_denied if {
	every bad in [null, [], "large", {"huge": 1}, {"large": -1}, {"large": "1"}, {"large": 1.5}] {
		quotas.deny == {{
			"rule": "quotas.data_invalid",
			"message": "The value max_tasks_by_class of the data of the pack is not usable.",
			"got": "max_tasks_by_class",
			"allowed": "max_tasks_by_class: whole numbers by resource class; warn_percent: a whole number from 1 to 100",
			"solution": "Mend `data.quotas` of the tenant with `maestro tenants set`, or the data of the pack and build its bundle again.",
		}} with input as with_settings({"max_tasks_by_class": bad})
	}
	every bad in [null, 0, 101, "90", 12.5] {
		{entry.got | some entry in quotas.deny} == {"warn_percent"} with input as with_settings({"warn_percent": bad})
		rules(quotas.deny) == {"quotas.data_invalid"} with input as calm with data.mc.quotas.warn_percent as bad
	}
}

test_a_setting_the_pack_does_not_know_is_denied if {
	{entry.got | some entry in quotas.deny} == {"max_tasks"} with input as with_settings({"max_tasks": {"large": 50}})
}

test_a_pack_without_its_data_is_denied if {
	{entry.got | some entry in quotas.deny} == {"max_tasks_by_class", "warn_percent"} with input as calm with quotas.shipped as {}
}

package mc.PROJECT_NAME_test

import data.mc.PROJECT_NAME as pack

question := {
	"tenant": {"data": {"PROJECT_NAME": {}}},
	"workflow": {"name": "audit"},
	"plan": {"estimatedCostUSD": 0.5},
}

spoken(verdict) := {entry.rule | some set in ["deny", "warn"]; some entry in verdict[set]}

test_an_ordinary_workflow_is_let_through if {
	pack.verdict == {"deny": set(), "warn": set()} with input as question
}

test_a_frozen_workflow_is_denied if {
	frozen := object.union(question, {"workflow": {"name": "year-end-close"}})
	spoken(pack.verdict) == {"PROJECT_NAME.workflow_frozen"} with input as frozen
}

test_a_tenant_freezes_other_workflows if {
	frozen := object.union(question, {"tenant": {"data": {"PROJECT_NAME": {"frozen": ["audit"]}}}})
	spoken(pack.verdict) == {"PROJECT_NAME.workflow_frozen"} with input as frozen
}

test_an_expensive_run_is_pointed_out if {
	expensive := object.union(question, {"plan": {"estimatedCostUSD": 25}})
	spoken(pack.verdict) == {"PROJECT_NAME.expensive"} with input as expensive
}

test_a_denial_names_what_was_seen_and_what_to_do if {
	frozen := object.union(question, {"workflow": {"name": "year-end-close"}})
	verdict := pack.verdict with input as frozen
	some entry in verdict.deny
	entry.message == "The workflow year-end-close is frozen."
	entry.solution != ""
}

test_what_cannot_be_read_is_denied if {
	some broken in [{}, null, "text", object.union(question, {"tenant": {"data": {"PROJECT_NAME": {"frozen": "audit"}}}})]
	spoken(pack.verdict) == {"PROJECT_NAME.unreadable"} with input as broken
}

# METADATA
# title: PROJECT_NAME
# description: >-
#   Workflows on a list are frozen and do not start; expensive runs are pointed out. What cannot be read is a denial, never an allow.
package mc.PROJECT_NAME

# METADATA
# title: Verdict
# description: Everything the pack has to say about one question; the document that the policy engine asks for.
# entrypoint: true
verdict := {"deny": deny, "warn": warn}

# The data of the pack, with what the tenant replaces of it. One by one, because data.mc.PROJECT_NAME as a whole holds this rule too.
settings := object.union(shipped, input.tenant.data.PROJECT_NAME)

shipped := {"frozen": data.mc.PROJECT_NAME.frozen, "warnAboveUSD": data.mc.PROJECT_NAME.warnAboveUSD}

# METADATA
# title: Frozen workflow
# description: A workflow on the list `frozen` is not started until it is taken off the list.
# custom:
#   short_name: workflow_frozen
#   failure_msg: The workflow {got} is frozen.
#   solution: Wait until the freeze is over, or have the workflow taken off the list `frozen` in the rule data of the tenant.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	input.workflow.name in settings.frozen
	entry := finding(rego.metadata.rule(), input.workflow.name, "a workflow that is not frozen")
}

# METADATA
# title: Unreadable question or data
# description: Without the name of the workflow, its estimate and the data of the pack nothing can be judged, and the run is denied.
# custom:
#   short_name: unreadable
#   failure_msg: The question or the data of the pack is not complete.
#   solution: Mend the rule data of the tenant, or the data of the pack and build its bundle again.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	not is_readable
	entry := finding(rego.metadata.rule(), "something that cannot be read", "a list `frozen` of names, a number `warnAboveUSD`, and the whole question")
}

# METADATA
# title: Expensive run
# description: A run whose estimate is above `warnAboveUSD` is let through and pointed out.
# custom:
#   short_name: expensive
#   failure_msg: The run is estimated at {got} USD.
#   solution: Look at the plan of the run, and make its tasks smaller or fewer.
#   severity: warning
#   effective_on: "2026-01-01T00:00:00Z"
warn contains entry if {
	input.plan.estimatedCostUSD > settings.warnAboveUSD
	entry := finding(rego.metadata.rule(), json.marshal(input.plan.estimatedCostUSD), json.marshal(settings.warnAboveUSD))
}

is_readable if {
	is_string(input.workflow.name)
	is_number(input.plan.estimatedCostUSD)
	is_number(settings.warnAboveUSD)
	is_array(settings.frozen)
	every name in settings.frozen { is_string(name) }
}

finding(rule, got, allowed) := {
	"rule": concat(".", ["PROJECT_NAME", rule.custom.short_name]),
	"message": replace(rule.custom.failure_msg, "{got}", got),
	"got": got,
	"allowed": allowed,
	"solution": rule.custom.solution,
}

# METADATA
# title: Quotas
# description: >-
#   A tenant has at most so many open runs, and its tasks use only the resource classes it may use, in numbers it allows itself. Open
#   runs are counted before a run is started; an attempt that is placed belongs to a run that already has its slot. Input or rule data
#   that cannot be read is a denial, never an allow.
package mc.quotas

# METADATA
# title: Verdict
# description: Everything the pack has to say about one input; the document that the policy engine asks for.
# entrypoint: true
verdict := {"deny": deny, "warn": warn}

# METADATA
# title: Allow
# description: True when nothing denies; for `opa eval` and for packs that build on this one.
default allow := false

allow if count(deny) == 0

# METADATA
# title: Open runs
# description: A run is started only while the tenant has fewer open runs than its quota.
# custom:
#   short_name: concurrency
#   failure_msg: The tenant has {got}, but its quota is {allowed}.
#   solution: >-
#     Wait for one of the open runs to end or cancel one, or ask an admin of the home to raise the quota with `maestro tenants set`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	is_start
	in_use >= most_runs
	entry := finding(rego.metadata.rule(), counted(in_use, "open run"), at_most(most_runs), {})
}

# METADATA
# title: Resource class
# description: Every task asks for a resource class that the tenant may use.
# custom:
#   short_name: resource_class
#   failure_msg: Task {task} asks for the resource class {got}, but the tenant may use {allowed}.
#   solution: Give the task a class that the tenant may use, or ask an admin of the home for the class with `maestro tenants set`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some task in judged_tasks
	not task.resourceClass in input.tenant.quota.resourceClasses
	allowed := concat(", ", input.tenant.quota.resourceClasses)
	entry := finding(rego.metadata.rule(), task.resourceClass, allowed, {"task": task.id})
}

# METADATA
# title: Tasks of a class
# description: A run has at most as many tasks of a class as `max_tasks_by_class` says; a class that is not listed there has no cap.
# custom:
#   short_name: class_count
#   failure_msg: The run has {got} of the class {class}, but the tenant allows {allowed} in one run.
#   solution: Give some of the tasks another class, split the workflow, or raise `data.quotas.max_tasks_by_class` of the tenant.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	is_start
	"max_tasks_by_class" in usable_settings
	some class, most in settings.max_tasks_by_class
	found := count([task | some task in input.workflow.tasks; task.resourceClass == class])
	found > most
	entry := finding(rego.metadata.rule(), counted(found, "task"), at_most(most), {"class": class})
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
#   The values of this pack, or of the tenant's data for it, have the right type, and there is none that the pack does not know;
#   otherwise nothing can be judged, and the run is denied.
# custom:
#   short_name: data_invalid
#   failure_msg: The value {got} of the data of the pack is not usable.
#   solution: Mend `data.quotas` of the tenant with `maestro tenants set`, or the data of the pack and build its bundle again.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some name in ({"max_tasks_by_class", "warn_percent"} | {name | some name, _ in settings})
	is_object(settings)
	not name in usable_settings
	allowed := "max_tasks_by_class: whole numbers by resource class; warn_percent: a whole number from 1 to 100"
	entry := finding(rego.metadata.rule(), name, allowed, {})
}

# METADATA
# title: Quota nearly used up
# description: >-
#   With this run the tenant has `warn_percent` of its open runs or more. Said only for quotas of ten or more: of a smaller one, every
#   second run would be warned of.
# custom:
#   short_name: near_limit
#   failure_msg: With this run the tenant has {got}, and its quota is {allowed}.
#   solution: Leave the rest to the runs that matter now, or ask an admin of the home to raise the quota with `maestro tenants set`.
#   severity: warning
#   effective_on: "2026-01-01T00:00:00Z"
warn contains entry if {
	is_start
	"warn_percent" in usable_settings
	most_runs >= 10
	in_use < most_runs
	(in_use + 1) * 100 >= most_runs * settings.warn_percent
	entry := finding(rego.metadata.rule(), counted(in_use + 1, "open run"), at_most(most_runs), {})
}

is_start if input.request.point in {"plan", "start"}

judged_tasks := input.workflow.tasks if is_start

judged_tasks := [input.task] if input.request.point == "place"

# Undefined when it is no whole number; then input_incomplete has spoken.
in_use := input.tenant.quota.inUse if is_count(input.tenant.quota.inUse)

most_runs := input.tenant.quota.maxConcurrent if is_count(input.tenant.quota.maxConcurrent)

at_most(number) := concat(" ", ["at most", format_int(number, 10)])

counted(number, noun) := concat("", [format_int(number, 10), " ", noun, plural(number)])

plural(1) := ""

plural(number) := "s" if number != 1

# The tenant's values replace those of the pack.
settings := object.union(shipped, object.get(input.tenant.data, "quotas", {}))

# One by one, because data.mc.quotas as a whole holds this rule too.
shipped["max_tasks_by_class"] := data.mc.quotas.max_tasks_by_class

shipped["warn_percent"] := data.mc.quotas.warn_percent

usable_settings contains "max_tasks_by_class" if {
	is_object(settings.max_tasks_by_class)

	# A class that does not exist would cap nothing.
	every class, most in settings.max_tasks_by_class {
		class in {"small", "medium", "large"}
		is_count(most)
	}
}

usable_settings contains "warn_percent" if {
	is_count(settings.warn_percent)
	settings.warn_percent >= 1
	settings.warn_percent <= 100
}

# A call whose argument is undefined makes `not` undefined as well, and the rule silent. So fields are looked up in positive rules,
# where undefined means "not usable", and only the results are negated.
unusable_fields[field] := expected if {
	some field, expected in {
		"request.point": "plan, start or place",
		"tenant.data.quotas": "an object, or nothing",
		"tenant.quota.inUse": "a whole number",
		"tenant.quota.maxConcurrent": "a whole number",
		"tenant.quota.resourceClasses": "a list of text",
	}
	not field in usable_fields
}

unusable_fields["workflow.tasks"] := "a list with at least one task" if {
	is_start
	not has_tasks
}

unusable_fields[field] := "text" if {
	is_start
	some i, task in input.workflow.tasks
	some name in ["id", "resourceClass"]
	not has_text(task, name)
	field := concat("", ["workflow.tasks[", format_int(i, 10), "].", name])
}

unusable_fields[field] := "text" if {
	input.request.point == "place"
	some name in ["id", "resourceClass"]
	not task_has_text(name)
	field := concat(".", ["task", name])
}

usable_fields contains "request.point" if input.request.point in {"plan", "start", "place"}

usable_fields contains "tenant.data.quotas" if is_object(object.get(input.tenant.data, "quotas", {}))

usable_fields contains "tenant.quota.inUse" if is_number(in_use)

usable_fields contains "tenant.quota.maxConcurrent" if is_number(most_runs)

usable_fields contains "tenant.quota.resourceClasses" if {
	is_array(input.tenant.quota.resourceClasses)
	every class in input.tenant.quota.resourceClasses { is_text(class) }
}

has_tasks if {
	is_array(input.workflow.tasks)
	count(input.workflow.tasks) > 0
}

has_text(object, name) if is_text(object[name])

task_has_text(name) if has_text(input.task, name)

is_text(value) if {
	is_string(value)
	value != ""
}

# A billion is beyond every count here, and within the 32 bits that WebAssembly can write out.
is_count(value) if {
	is_number(value)
	value >= 0
	value <= 1000000000
	value == floor(value)
}

finding(rule, got, allowed, values) := {
	"rule": concat(".", ["quotas", rule.custom.short_name]),
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

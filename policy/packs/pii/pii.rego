# METADATA
# title: Personal data
# description: >-
#   Personal data leaves a run only where it may. A task of a workflow with sensitive data that may call hosts outside either gets its
#   sensitive inputs masked or calls hosts of the allowed list alone. Input or rule data that cannot be read is a denial, never an allow.
package mc.pii

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
# title: Egress of personal data
# description: >-
#   A task of a workflow with sensitive data has no egress, or gets its sensitive inputs masked (`redact` in the manifest), or calls
#   allowed hosts alone. An entry `*.example.com` of the allowed hosts stands for every host below `example.com`, at any depth, and not
#   for `example.com` itself; upper and lower case are the same.
# custom:
#   short_name: egress_not_allowed
#   failure_msg: Task {task} handles {class} data unmasked and may send it to {got}, where it may not go.
#   solution: >-
#     Mask the sensitive inputs of the task (`redact` in the manifest), or send only to allowed hosts: remove the others from the egress of
#     the task, or have an admin of the tenant add them to `allowed_hosts` in its rule data for `pii`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	input.workflow.dataClass in sensitive
	some task in tasks
	not task.redacts
	hosts := [rule.host | some rule in task.egress; not is_allowed(rule.host)]
	count(hosts) > 0
	entry := finding(rego.metadata.rule(), shortened(hosts), allowed_egress, {"task": task.id, "class": input.workflow.dataClass})
}

# METADATA
# title: Unknown data class
# description: The data class is one that this pack knows; nobody could say whether another is sensitive, so it is denied.
# custom:
#   short_name: data_class_unknown
#   failure_msg: The data class {got} of the workflow is not known.
#   solution: Give the workflow a known data class, or have an admin of the tenant add the class to `known_data_classes` in its rule data for `pii`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	is_text(input.workflow.dataClass)
	not input.workflow.dataClass in known
	entry := finding(rego.metadata.rule(), input.workflow.dataClass, concat(", ", known), {})
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
# description: The lists of this pack are there and hold what they should; with a broken list nothing can be judged, and the run is denied.
# custom:
#   short_name: data_invalid
#   failure_msg: The list {got} of the pack is not usable.
#   solution: Mend the data of the pack and build its bundle again.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some list, expected in known_lists
	not list in usable_lists
	entry := finding(rego.metadata.rule(), list, expected, {})
}

# METADATA
# title: Unusable rule data of the tenant
# description: >-
#   What the tenant replaces are lists of this pack, and hold what they should; a name nobody reads could be a slip, so it is a denial as
#   well.
# custom:
#   short_name: tenant_data_invalid
#   failure_msg: The rule data {got} is not usable.
#   solution: Mend it in the settings of the tenant, or remove it there, so that the data of the pack counts.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some field, expected in unusable_tenant_data
	entry := finding(rego.metadata.rule(), field, expected, {})
}

# METADATA
# title: Undeclared data class
# description: >-
#   A workflow with a task that may call hosts outside says what data it handles. Without a word it counts as `internal`, and a workflow
#   that handles personal data all the same would pass unseen.
# custom:
#   short_name: data_class_undeclared
#   failure_msg: The workflow declares no data class, and {got} may call hosts outside.
#   solution: Declare `dataClass` in the manifest, the most sensitive data the workflow handles.
#   severity: warning
#   effective_on: "2026-01-01T00:00:00Z"
warn contains entry if {
	input.workflow.dataClassDeclared == false
	sending := [concat(" ", ["task", task.id]) | some task in tasks; count(task.egress) > 0]
	count(sending) > 0
	entry := finding(rego.metadata.rule(), shortened(sending), concat("", ["dataClass: ", concat(", ", known)]), {})
}

# A list of the tenant replaces that of the pack.
known := object.get(tenant_data, "known_data_classes", data.mc.pii.known_data_classes)

sensitive := longer(data.mc.pii.sensitive_data_classes, "sensitive_data_classes")

# What protects stays: a tenant adds to the list of the pack and takes nothing away. What is unusable is kept out; it has a reason of its own.
longer(list, name) := array.concat(list, object.get(tenant_data, name, [])) if not unusable_tenant_data[tenant_field(name)]

longer(list, name) := list if unusable_tenant_data[tenant_field(name)]

hosts_allowed := object.get(tenant_data, "allowed_hosts", data.mc.pii.allowed_hosts)

tenant_data := object.get(input.tenant.data, "pii", {})

known_lists := {
	"known_data_classes": "a list of text",
	"sensitive_data_classes": "a list of text, each a known data class",
	"allowed_hosts": "a list of hosts in lower case such as api.example.com or *.example.com",
}

allowed_egress := "masked inputs, or no egress" if count(hosts_allowed) == 0

allowed_egress := concat("", ["masked inputs, or egress to ", shortened(hosts_allowed)]) if count(hosts_allowed) > 0

is_allowed(host) if lower(host) in hosts_allowed

is_allowed(host) if {
	some pattern in hosts_allowed
	startswith(pattern, "*.")
	suffix := substring(pattern, 1, -1)
	endswith(lower(host), suffix)
	count(host) > count(suffix)
}

usable_lists contains "known_data_classes" if is_list_of_text(data.mc.pii.known_data_classes)

usable_lists contains "sensitive_data_classes" if {
	is_list_of_classes(data.mc.pii.sensitive_data_classes, data.mc.pii.known_data_classes)
}

usable_lists contains "allowed_hosts" if is_list_of_hosts(data.mc.pii.allowed_hosts)

usable_tenant_lists contains "known_data_classes" if is_list_of_text(tenant_data.known_data_classes)

usable_tenant_lists contains "sensitive_data_classes" if is_list_of_classes(tenant_data.sensitive_data_classes, known)

usable_tenant_lists contains "allowed_hosts" if is_list_of_hosts(tenant_data.allowed_hosts)

# A sensitive class that is not known, or not known in this spelling, would never match, and protect nothing.
is_list_of_classes(list, classes) if {
	is_list_of_text(list)
	every class in list { class in classes }
}

is_list_of_hosts(list) if {
	is_array(list)
	every host in list { is_host(trim_prefix(host, "*.")) }
}

# What is left after taking away every letter a host has is what does not belong there: a port, a path, a star, upper case.
is_host(name) if {
	is_text(name)
	trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
	every label in split(name, ".") { label != "" }
}

unusable_tenant_data["tenant.data.pii"] := "an object with lists of the pack" if not is_object(tenant_data)

unusable_tenant_data[tenant_field(name)] := expected if {
	is_object(tenant_data)
	some name, _ in tenant_data
	not name in usable_tenant_lists
	expected := object.get(known_lists, name, concat(" or ", sort(object.keys(known_lists))))
}

tenant_field(name) := concat(".", ["tenant.data.pii", name])

at_task if input.request.point == "task"

# An attempt is judged by its own task; before that, the whole workflow is. A task that is not there is one without its fields.
tasks := [object.get(input, "task", null)] if at_task

else := input.workflow.tasks

# A call whose argument is undefined makes `not` undefined as well, and the rule silent. So fields are looked up in positive rules,
# where undefined means "not usable", and only the results are negated.
unusable_fields[field] := expected if {
	some field, expected in {
		"request.point": "publish, plan, start or task",
		"tenant.data": "an object",
		"workflow.dataClass": "text",
		"workflow.dataClassDeclared": "true or false",
	}
	not field in usable_fields
}

unusable_fields["workflow.tasks"] := "a list with at least one task" if {
	not at_task
	not has_tasks
}

unusable_fields[task_field(i, "id")] := "text" if {
	some i, task in tasks
	not has_text(task, "id")
}

unusable_fields[task_field(i, "redacts")] := "true or false" if {
	some i, task in tasks
	not has_redacts(task)
}

unusable_fields[task_field(i, "egress")] := "a list of rules with a host each" if {
	some i, task in tasks
	not has_hosts(task)
}

usable_fields contains "request.point" if input.request.point in {"publish", "plan", "start", "task"}

usable_fields contains "tenant.data" if is_object(input.tenant.data)

usable_fields contains "workflow.dataClass" if is_text(input.workflow.dataClass)

usable_fields contains "workflow.dataClassDeclared" if is_boolean(input.workflow.dataClassDeclared)

has_tasks if {
	is_array(input.workflow.tasks)
	count(input.workflow.tasks) > 0
}

has_redacts(task) if is_boolean(task.redacts)

has_hosts(task) if {
	is_array(task.egress)
	every rule in task.egress { has_text(rule, "host") }
}

task_field(_, name) := concat(".", ["task", name]) if at_task

task_field(i, name) := concat("", ["workflow.tasks[", format_int(i, 10), "].", name]) if not at_task

has_text(object, name) if is_text(object[name])

is_text(value) if {
	is_string(value)
	value != ""
}

is_list_of_text(list) if {
	is_array(list)
	every item in list { is_text(item) }
}

# A list may be long; a reason is read by people.
shortened(list) := concat(", ", list) if count(list) <= 5

shortened(list) := concat("", [concat(", ", array.slice(list, 0, 5)), " and ", format_int(count(list) - 5, 10), " more"]) if {
	count(list) > 5
}

finding(rule, got, allowed, values) := {
	"rule": concat(".", ["pii", rule.custom.short_name]),
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

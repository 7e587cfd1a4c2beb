# METADATA
# title: Residency
# description: >-
#   Data is processed where its workflow says. The region a run is asked for must be the region of the workflow and of every one of
#   its tasks, must be the region the home declares to stand in (if it declares one), and must not lie in a banned jurisdiction; an
#   attempt is placed where its task says. Input or rule data that cannot be read is a denial, never an allow.
package mc.residency

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
# title: Region of the request
# description: The region asked for is the region of the workflow, spelt the same.
# custom:
#   short_name: region_mismatch
#   failure_msg: The run was asked for in region {got}, but the workflow is bound to {allowed}.
#   solution: Ask for the region of the workflow, or publish a version of the workflow for the region you need.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	input.request.region != input.workflow.region
	entry := finding(rego.metadata.rule(), input.request.region, input.workflow.region, {})
}

# METADATA
# title: Region of a task
# description: >-
#   Every task runs in the region asked for, spelt the same. A task that follows its workflow is no reason of its own when the workflow
#   already is one.
# custom:
#   short_name: task_region_mismatch
#   failure_msg: Task {task} would run in region {got}, but the run was asked for in {allowed}.
#   solution: Remove the region of the task, so that it runs where the workflow runs, or move it to a workflow of its own.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some task in tasks
	task.region != input.request.region
	task.region != input.workflow.region
	entry := finding(rego.metadata.rule(), task.region, input.request.region, {"task": task.id})
}

# METADATA
# title: Region of a placement
# description: >-
#   An attempt is placed in the region of its task, spelt the same. A place that declares no region is not judged by this rule.
# custom:
#   short_name: placement_region_mismatch
#   failure_msg: Task {task} would be placed in region {got}, but it is to run in {allowed}.
#   solution: Place the attempt in the region of its task; when there is no such place, run the workflow in a home of that region.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	at_place
	is_text(input.placement.region)
	input.placement.region != input.task.region
	entry := finding(rego.metadata.rule(), input.placement.region, input.task.region, {"task": input.task.id})
}

# METADATA
# title: Region of the home
# description: >-
#   A home that declares where it stands runs nothing that is to run elsewhere; regions are spelt the same. A home that declares
#   nothing is not judged by this rule: its plans warn of it, and its receipts say so. A task that follows the request is no reason of
#   its own.
# custom:
#   short_name: home_region_mismatch
#   failure_msg: Region {got} of {place} is not the region this home declares, {allowed}.
#   solution: Run it in a home of that region, or ask for the region of this home.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	is_text(input.home.region)
	some [place, region] in run_places
	region != input.home.region
	entry := finding(rego.metadata.rule(), region, input.home.region, {"place": place})
}

# METADATA
# title: Banned jurisdiction
# description: >-
#   No region of the run lies in a banned jurisdiction. The jurisdiction is the part before the first hyphen, in upper case, so
#   `ru-central1` lies in `RU`. A workflow, task or placement in the region of the request is no reason of its own.
# custom:
#   short_name: region_banned
#   failure_msg: Region {got} of {place} lies in a banned jurisdiction.
#   solution: Use a region outside the banned jurisdictions; the list is data of this pack.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some [place, region] in places
	upper(split(region, "-")[0]) in banned
	allowed := concat("", ["any region outside ", concat(", ", sort(banned))])
	entry := finding(rego.metadata.rule(), region, allowed, {"place": place})
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
# description: The lists of this pack are there and hold text; with a broken list nothing can be judged, and the run is denied.
# custom:
#   short_name: data_invalid
#   failure_msg: The list {got} of the pack is not usable.
#   solution: Mend the data of the pack and build its bundle again.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some list in known_lists
	not list in usable_lists
	entry := finding(rego.metadata.rule(), list, "a list of text, jurisdictions in upper case", {})
}

# METADATA
# title: Unusable rule data of the tenant
# description: >-
#   What the tenant replaces are lists of this pack, and hold text; a name nobody reads could be a slip, so it is a denial as well.
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
# title: Egress of sensitive data
# description: A task of a workflow with sensitive data that may call hosts outside is pointed out, because a host has no known region.
# custom:
#   short_name: sensitive_egress
#   failure_msg: Task {task} handles {class} data and may send it to {got}, whose region is not known.
#   solution: Remove the egress of the task, or make sure that the hosts keep the data in the region of the run.
#   severity: warning
#   effective_on: "2026-01-01T00:00:00Z"
warn contains entry if {
	input.workflow.dataClass in sensitive
	some task in tasks
	hosts := [rule.host | some rule in task.egress]
	count(hosts) > 0
	entry := finding(rego.metadata.rule(), shortened(hosts), "no egress", {"task": task.id, "class": input.workflow.dataClass})
}

# A list of the tenant replaces that of the pack.
banned := longer(data.mc.residency.banned_jurisdictions, "banned_jurisdictions")

sensitive := longer(data.mc.residency.sensitive_data_classes, "sensitive_data_classes")

# What protects stays: a tenant adds to the list of the pack and takes nothing away. What is unusable is kept out; it has a reason of its own.
longer(list, name) := array.concat(list, object.get(tenant_data, name, [])) if not unusable_tenant_data[tenant_field(name)]

longer(list, name) := list if unusable_tenant_data[tenant_field(name)]

tenant_data := object.get(input.tenant.data, "residency", {})

known_lists := ["banned_jurisdictions", "sensitive_data_classes"]

usable_lists contains "banned_jurisdictions" if is_usable("banned_jurisdictions", data.mc.residency.banned_jurisdictions)

usable_lists contains "sensitive_data_classes" if is_usable("sensitive_data_classes", data.mc.residency.sensitive_data_classes)

is_usable("banned_jurisdictions", list) if {
	is_list_of_text(list)

	# Regions are compared in upper case: an entry in lower case would never match, and ban nothing.
	every item in list { item == upper(item) }
}

is_usable("sensitive_data_classes", list) if is_list_of_text(list)

unusable_tenant_data["tenant.data.residency"] := "an object with lists of the pack" if not is_object(tenant_data)

unusable_tenant_data[tenant_field(list)] := "a list of text, jurisdictions in upper case" if {
	some list in known_lists
	value := tenant_data[list]
	not is_usable(list, value)
}

unusable_tenant_data[tenant_field(name)] := concat(" or ", known_lists) if {
	is_object(tenant_data)
	some name, _ in tenant_data
	not name in known_lists
}

tenant_field(name) := concat(".", ["tenant.data.residency", name])

at_place if input.request.point == "place"

# An attempt is judged by its own task; before that, the whole workflow is. A task that is not there is one without its fields.
tasks := [object.get(input, "task", null)] if at_place

else := input.workflow.tasks

# A workflow or task that follows the request is no place of its own, so that one fault is one reason.
places contains ["the workflow", input.workflow.region] if input.workflow.region != input.request.region

places contains place if some place in run_places

# Where something would run: not where the workflow is bound to, for then it is denied as a region_mismatch.
run_places contains ["the request", input.request.region]

run_places contains [concat(" ", ["task", task.id]), task.region] if {
	some task in tasks
	not task.region in {input.request.region, input.workflow.region}
}

run_places contains [concat(" ", ["the placement of task", input.task.id]), input.placement.region] if {
	at_place
	is_text(input.placement.region)
	not input.placement.region in {input.request.region, input.workflow.region, input.task.region}
}

# A call whose argument is undefined makes `not` undefined as well, and the rule silent. So fields are looked up in positive rules,
# where undefined means "not usable", and only the results are negated.
unusable_fields[field] := expected if {
	some field, expected in {
		"home.region": "text, or null when the home declares none",
		"request.point": "publish, plan, start or place",
		"request.region": "text",
		"tenant.data": "an object",
		"workflow.region": "text",
		"workflow.dataClass": "text",
	}
	not field in usable_fields
}

unusable_fields["workflow.tasks"] := "a list with at least one task" if {
	not at_place
	not has_tasks
}

unusable_fields["placement.region"] := "text, or null when the place declares none" if {
	at_place
	not "placement.region" in usable_fields
}

unusable_fields[field] := "text" if {
	some i, task in tasks
	some name in ["id", "region"]
	not has_text(task, name)
	field := task_field(i, name)
}

unusable_fields[field] := "a list of rules with a host each" if {
	some i, task in tasks
	not has_hosts(task)
	field := task_field(i, "egress")
}

usable_fields contains "home.region" if is_text_or_null(input.home.region)

usable_fields contains "request.point" if input.request.point in {"publish", "plan", "start", "place"}

usable_fields contains "request.region" if is_text(input.request.region)

usable_fields contains "tenant.data" if is_object(input.tenant.data)

usable_fields contains "workflow.region" if is_text(input.workflow.region)

usable_fields contains "workflow.dataClass" if is_text(input.workflow.dataClass)

usable_fields contains "placement.region" if is_text_or_null(input.placement.region)

has_tasks if {
	is_array(input.workflow.tasks)
	count(input.workflow.tasks) > 0
}

has_text(object, name) if is_text(object[name])

has_hosts(task) if {
	is_array(task.egress)
	every rule in task.egress { has_text(rule, "host") }
}

is_text(value) if {
	is_string(value)
	value != ""
}

is_text_or_null(value) if is_text(value)

is_text_or_null(null)

is_list_of_text(list) if {
	is_array(list)
	every item in list { is_text(item) }
}

task_field(_, name) := concat(".", ["task", name]) if at_place

task_field(i, name) := concat("", ["workflow.tasks[", format_int(i, 10), "].", name]) if not at_place

# A task may name 50 hosts; a reason is read by people.
shortened(list) := concat(", ", list) if count(list) <= 5

shortened(list) := concat("", [concat(", ", array.slice(list, 0, 5)), " and ", format_int(count(list) - 5, 10), " more"]) if {
	count(list) > 5
}

finding(rule, got, allowed, values) := {
	"rule": concat(".", ["residency", rule.custom.short_name]),
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

# METADATA
# title: Access
# description: >-
#   Who asks may ask. The caller is of the tenant that is judged; publishing, planning and starting are for roles, placing, beginning and
#   storing an attempt for services; and a SPIFFE id, when there is one, is of a trusted domain. Input or rule data that cannot be read is
#   a denial, never an allow.
package mc.access

# METADATA
# title: Verdict
# description: Everything the pack has to say about one input; the document that the policy engine asks for.
# entrypoint: true
verdict := {"deny": deny, "warn": set()}

# METADATA
# title: Allow
# description: True when nothing denies; for `opa eval` and for packs that build on this one.
default allow := false

allow if count(deny) == 0

# METADATA
# title: Tenant of the caller
# description: Nobody asks for another tenant than the own one, spelt the same.
# custom:
#   short_name: tenant_mismatch
#   failure_msg: Caller {sub} is of tenant {got}, but asked for tenant {allowed}.
#   solution: Ask with an identity of the tenant, or ask for the tenant of this identity.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	input.actor.tenant != input.tenant.id
	entry := finding(rego.metadata.rule(), input.actor.tenant, input.tenant.id, {"sub": input.actor.sub})
}

# METADATA
# title: Role of the caller
# description: >-
#   Publishing, planning and starting are done by callers with one of the roles that `roles_by_point` names for it; a service with such a
#   role is a caller like a person.
# custom:
#   short_name: role_not_allowed
#   failure_msg: 'Roles of caller {sub}: {got}; {point} is for {allowed}.'
#   solution: Have someone with one of these roles do it, or ask an admin of the tenant for the role.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	allowed := roles_at[input.request.point]
	roles := input.actor.roles
	count({role | some role in roles; role in allowed}) == 0
	values := {"sub": input.actor.sub, "point": input.request.point}
	entry := finding(rego.metadata.rule(), listed(roles, "none"), listed(allowed, "nobody"), values)
}

# METADATA
# title: Service of an attempt
# description: Placing, beginning and storing an attempt are done by services that `services_by_point` names for it, never by people.
# custom:
#   short_name: service_not_allowed
#   failure_msg: At {point} a {kind} called {got} asked, but this is for {allowed}.
#   solution: Leave it to the services of the home; an admin of the tenant names them in its rule data for `access`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	allowed := services_at[input.request.point]
	not is_service_in(allowed)
	values := {"kind": input.actor.kind, "point": input.request.point}
	entry := finding(rego.metadata.rule(), input.actor.sub, listed(allowed, "nobody"), values)
}

# METADATA
# title: Trust domain of the caller
# description: >-
#   A caller that names a SPIFFE id is of a domain in `trust_domains`, in upper or lower case. An id that names no workload, or is no
#   SPIFFE id, is of none.
# custom:
#   short_name: trust_domain_not_allowed
#   failure_msg: The SPIFFE id {got} of caller {sub} is of no trusted domain.
#   solution: Ask with an identity of a trusted domain, or have an admin of the tenant add the domain to `trust_domains` in its rule data for `access`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	is_text(input.actor.spiffeId)
	not is_trusted
	values := {"sub": input.actor.sub}
	entry := finding(rego.metadata.rule(), input.actor.spiffeId, allowed_ids, values)
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
#   failure_msg: The rule data {got} of the pack is not usable.
#   solution: Mend the data of the pack and build its bundle again.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some name, expected in known_data
	not name in usable_data
	entry := finding(rego.metadata.rule(), name, expected, {})
}

# METADATA
# title: Unusable rule data of the tenant
# description: >-
#   What the tenant replaces is rule data of this pack, and holds text; a name nobody reads could be a slip, so it is a denial as well.
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

role_points := ["publish", "plan", "start"]

service_points := ["place", "task", "write"]

# A list of the tenant replaces that of the pack, point by point.
roles_at[point] := object.get(tenant_data, ["roles_by_point", point], data.mc.access.roles_by_point[point]) if {
	some point in role_points
}

services_at[point] := object.get(tenant_data, ["services_by_point", point], data.mc.access.services_by_point[point]) if {
	some point in service_points
}

trusted_domains := object.get(tenant_data, "trust_domains", data.mc.access.trust_domains)

tenant_data := object.get(input.tenant.data, "access", {})

is_service_in(list) if {
	input.actor.kind == "service"
	input.actor.sub in list
}

# An id is `spiffe://<trust domain>/<path>`; the domain is upper or lower case, the path has no empty segment and does not climb.
is_trusted if {
	parts := split(input.actor.spiffeId, "/")
	count(parts) > 3
	lower(parts[0]) == "spiffe:"
	parts[1] == ""
	lower(parts[2]) in trusted_domains
	every segment in array.slice(parts, 3, count(parts)) { not segment in {"", ".", ".."} }
}

allowed_ids := "no SPIFFE id" if count(trusted_domains) == 0

allowed_ids := concat("", ["ids of ", concat(", ", trusted_domains)]) if count(trusted_domains) > 0

roles_expected := "a list of roles: admin, operator, composer, viewer"

services_expected := "a list of names of services such as service:runner"

known_data := {
	"roles_by_point.publish": roles_expected,
	"roles_by_point.plan": roles_expected,
	"roles_by_point.start": roles_expected,
	"services_by_point.place": services_expected,
	"services_by_point.task": services_expected,
	"services_by_point.write": services_expected,
	"trust_domains": "a list of domains in lower case such as example.org",
}

usable_data contains concat(".", ["roles_by_point", point]) if {
	some point in role_points
	is_list_of_roles(data.mc.access.roles_by_point[point])
}

usable_data contains concat(".", ["services_by_point", point]) if {
	some point in service_points
	is_list_of_text(data.mc.access.services_by_point[point])
}

usable_data contains "trust_domains" if is_list_of_domains(data.mc.access.trust_domains)

usable_tenant_data contains concat(".", ["roles_by_point", point]) if {
	some point in role_points
	is_list_of_roles(tenant_data.roles_by_point[point])
}

usable_tenant_data contains concat(".", ["services_by_point", point]) if {
	some point in service_points
	is_list_of_text(tenant_data.services_by_point[point])
}

usable_tenant_data contains "trust_domains" if is_list_of_domains(tenant_data.trust_domains)

unusable_tenant_data["tenant.data.access"] := "an object with rule data of the pack" if not is_object(tenant_data)

unusable_tenant_data[concat(".", ["tenant.data.access", field])] := expected if {
	some field in tenant_fields
	not field in usable_tenant_data
	expected := object.get(known_data, field, concat(" or ", sort(object.keys(known_data))))
}

tenant_fields contains name if {
	is_object(tenant_data)
	some name, value in tenant_data
	not is_by_point(name, value)
}

tenant_fields contains concat(".", [name, point]) if {
	some name, value in tenant_data
	is_by_point(name, value)
	some point, _ in value
}

is_by_point(name, value) if {
	name in {"roles_by_point", "services_by_point"}
	is_object(value)
}

is_list_of_roles(list) if {
	is_array(list)
	every role in list { role in {"admin", "operator", "composer", "viewer"} }
}

# What is left after taking away every letter a domain has is what does not belong there: a scheme, a path, a port, upper case.
is_list_of_domains(list) if {
	is_list_of_text(list)
	every domain in list { trim(domain, "abcdefghijklmnopqrstuvwxyz0123456789-._") == "" }
}

# A call whose argument is undefined makes `not` undefined as well, and the rule silent. So fields are looked up in positive rules,
# where undefined means "not usable", and only the results are negated.
unusable_fields[field] := expected if {
	some field, expected in {
		"actor.kind": "person or service",
		"actor.roles": "a list of text",
		"actor.spiffeId": "text, or null when the caller names none",
		"actor.sub": "text",
		"actor.tenant": "text",
		"request.point": "publish, plan, start, place, task or write",
		"tenant.data": "an object",
		"tenant.id": "text",
	}
	not field in usable_fields
}

usable_fields contains "actor.kind" if input.actor.kind in {"person", "service"}

usable_fields contains "actor.roles" if is_list_of_text(input.actor.roles)

usable_fields contains "actor.spiffeId" if is_text(input.actor.spiffeId)

usable_fields contains "actor.spiffeId" if input.actor.spiffeId == null

usable_fields contains "actor.sub" if is_text(input.actor.sub)

usable_fields contains "actor.tenant" if is_text(input.actor.tenant)

usable_fields contains "request.point" if input.request.point in role_points

usable_fields contains "request.point" if input.request.point in service_points

usable_fields contains "tenant.data" if is_object(input.tenant.data)

usable_fields contains "tenant.id" if is_text(input.tenant.id)

is_text(value) if {
	is_string(value)
	value != ""
}

is_list_of_text(list) if {
	is_array(list)
	every item in list { is_text(item) }
}

listed(list, _) := concat(", ", list) if count(list) > 0

listed(list, none) := none if count(list) == 0

finding(rule, got, allowed, values) := {
	"rule": concat(".", ["access", rule.custom.short_name]),
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

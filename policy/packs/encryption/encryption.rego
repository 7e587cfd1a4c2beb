# METADATA
# title: Encryption
# description: >-
#   Data that must be encrypted at rest is stored encrypted or not at all. A workflow of such data runs in a home that encrypts, and each
#   of its writes is judged again by how it would be kept. Input or rule data that cannot be read is a denial, never an allow.
package mc.encryption

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
# title: Home without encryption
# description: A workflow of data that must be encrypted is planned and started in a home that encrypts what it keeps.
# custom:
#   short_name: home_unencrypted
#   failure_msg: The workflow handles {class} data, which must be encrypted at rest, and this home keeps everything unencrypted.
#   solution: >-
#     Run it in a home that encrypts: a home on AWS, or on one machine `maestro up --encrypted-volume` when the volume of its data folder is
#     encrypted.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	not at_write
	must_be_encrypted
	input.home.encryption == "none"
	entry := finding(rego.metadata.rule(), "none", "kms or declared", {"class": input.workflow.dataClass})
}

# METADATA
# title: Unencrypted write
# description: Nothing that a run of data that must be encrypted leaves behind, neither outputs nor logs, is written unencrypted.
# custom:
#   short_name: write_unencrypted
#   failure_msg: The {kind} of {class} data would be written unencrypted.
#   solution: >-
#     Run it in a home that encrypts: a home on AWS, or on one machine `maestro up --encrypted-volume` when the volume of its data folder is
#     encrypted.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	at_write
	must_be_encrypted
	input.write.encryption == "none"
	values := {"class": input.workflow.dataClass, "kind": input.write.kind}
	entry := finding(rego.metadata.rule(), "none", "kms or declared", values)
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
# description: The list of this pack is there and holds text; with a broken list nothing can be judged, and the run is denied.
# custom:
#   short_name: data_invalid
#   failure_msg: The list {got} of the pack is not usable.
#   solution: Mend the data of the pack and build its bundle again.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	not is_list_usable
	entry := finding(rego.metadata.rule(), "encrypted_data_classes", "a list of text", {})
}

# METADATA
# title: Unusable rule data of the tenant
# description: >-
#   What the tenant replaces is the list of this pack, and holds text; a name nobody reads could be a slip, so it is a denial as well.
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
# title: Encryption that is only declared
# description: >-
#   A home on one machine cannot see whether its volume is encrypted; it believes its operator. For data that must be encrypted this is
#   pointed out, because nothing but that word stands for it.
# custom:
#   short_name: declared_only
#   failure_msg: That {class} data is encrypted at rest is only the word of whoever started this home.
#   solution: Make sure that the volume of the data folder is encrypted, or run it in a home whose keys encrypt, such as a home on AWS.
#   severity: warning
#   effective_on: "2026-01-01T00:00:00Z"
warn contains entry if {
	must_be_encrypted
	kept == "declared"
	entry := finding(rego.metadata.rule(), kept, "kms", {"class": input.workflow.dataClass})
}

at_write if input.request.point == "write"

# How what is judged is kept: at a write that one write, before it whatever the home keeps.
kept := input.write.encryption if at_write

else := input.home.encryption

must_be_encrypted if input.workflow.dataClass in encrypted

# The list of the tenant replaces that of the pack.
encrypted := longer(data.mc.encryption.encrypted_data_classes, "encrypted_data_classes")

# What protects stays: a tenant adds to the list of the pack and takes nothing away. What is unusable is kept out; it has a reason of its own.
longer(list, name) := array.concat(list, object.get(tenant_data, name, [])) if not unusable_tenant_data[tenant_field(name)]

longer(list, name) := list if unusable_tenant_data[tenant_field(name)]

tenant_data := object.get(input.tenant.data, "encryption", {})

is_list_usable if is_list_of_text(data.mc.encryption.encrypted_data_classes)

unusable_tenant_data["tenant.data.encryption"] := "an object with the list of the pack" if not is_object(tenant_data)

unusable_tenant_data[tenant_field("encrypted_data_classes")] := "a list of text" if {
	list := tenant_data.encrypted_data_classes
	not is_list_of_text(list)
}

unusable_tenant_data[tenant_field(name)] := "encrypted_data_classes" if {
	is_object(tenant_data)
	some name, _ in tenant_data
	name != "encrypted_data_classes"
}

tenant_field(name) := concat(".", ["tenant.data.encryption", name])

# A call whose argument is undefined makes `not` undefined as well, and the rule silent. So fields are looked up in positive rules,
# where undefined means "not usable", and only the results are negated.
unusable_fields[field] := expected if {
	some field, expected in {
		"request.point": "plan, start or write",
		"tenant.data": "an object",
		"workflow.dataClass": "text",
	}
	not field in usable_fields
}

unusable_fields["home.encryption"] := "kms, declared or none" if {
	not at_write
	not "home.encryption" in usable_fields
}

unusable_fields[field] := expected if {
	at_write
	some field, expected in {"write.encryption": "kms, declared or none", "write.kind": "outputs or log"}
	not field in usable_fields
}

usable_fields contains "request.point" if input.request.point in {"plan", "start", "write"}

usable_fields contains "tenant.data" if is_object(input.tenant.data)

usable_fields contains "workflow.dataClass" if is_text(input.workflow.dataClass)

usable_fields contains "home.encryption" if input.home.encryption in {"kms", "declared", "none"}

usable_fields contains "write.encryption" if input.write.encryption in {"kms", "declared", "none"}

usable_fields contains "write.kind" if input.write.kind in {"outputs", "log"}

is_text(value) if {
	is_string(value)
	value != ""
}

is_list_of_text(list) if {
	is_array(list)
	every item in list { is_text(item) }
}

finding(rule, got, allowed, values) := {
	"rule": concat(".", ["encryption", rule.custom.short_name]),
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

package mc.encryption_test

import data.mc.encryption

run(class, kept) := {
	"tenant": {"id": "acme", "data": {}},
	"home": {"encryption": kept},
	"request": {"point": "start"},
	"workflow": {"dataClass": class},
	"write": null,
}

# A write in a home that keeps everything else differently, so that only the write can be what is judged.
write(class, kind, kept) := object.union(run(class, "kms"), {
	"request": {"point": "write"},
	"write": {"kind": kind, "encryption": kept},
})

calm := run("internal", "none")

with_tenant_data(lists, input_of_run) := object.union(input_of_run, {"tenant": {"data": {"encryption": lists}}})

rules(entries) := {entry.rule | some entry in entries}

fields(entries) := {entry.got: entry.allowed | some entry in entries}

solution := concat(" ", [
	"Run it in a home that encrypts: a home on AWS, or on one machine `maestro up --encrypted-volume`",
	"when the volume of its data folder is encrypted.",
])

test_other_data_may_be_kept_anyhow if {
	every class in ["public", "internal"] {
		every kept in ["kms", "declared", "none"] {
			encryption.verdict == {"deny": set(), "warn": set()} with input as run(class, kept)
			encryption.verdict == {"deny": set(), "warn": set()} with input as write(class, "log", kept)
			encryption.allow with input as run(class, kept)
		}
	}
}

test_sensitive_data_under_a_key_of_the_home_is_allowed if {
	every class in ["confidential", "pii"] {
		encryption.verdict == {"deny": set(), "warn": set()} with input as run(class, "kms")
		encryption.verdict == {"deny": set(), "warn": set()} with input as write(class, "outputs", "kms")
	}
}

test_a_home_that_does_not_encrypt_is_denied_sensitive_data if {
	every class in ["confidential", "pii"] {
		encryption.verdict == {
			"deny": {{
				"rule": "encryption.home_unencrypted",
				"message": concat("", [
					"The workflow handles ",
					class,
					" data, which must be encrypted at rest, and this home keeps everything unencrypted.",
				]),
				"got": "none",
				"allowed": "kms or declared",
				"solution": solution,
			}},
			"warn": set(),
		} with input as run(class, "none")
		not encryption.allow with input as run(class, "none")
	}
}

test_a_plan_is_judged_like_a_start if {
	rules(encryption.deny) == {"encryption.home_unencrypted"} with input as object.union(
		run("pii", "none"),
		{"request": {"point": "plan"}},
	)
}

test_an_unencrypted_write_of_sensitive_data_is_denied if {
	every kind in ["outputs", "log"] {
		encryption.verdict == {
			"deny": {{
				"rule": "encryption.write_unencrypted",
				"message": concat("", ["The ", kind, " of pii data would be written unencrypted."]),
				"got": "none",
				"allowed": "kms or declared",
				"solution": solution,
			}},
			"warn": set(),
		} with input as write("pii", kind, "none")
	}
}

test_a_write_is_judged_by_itself_and_not_by_its_home if {
	encryption.verdict == {"deny": set(), "warn": set()} with input as object.union(
		write("pii", "outputs", "kms"),
		{"home": {"encryption": "none"}},
	)
}

test_encryption_that_is_only_declared_is_a_warning_and_no_denial if {
	every judged in [run("pii", "declared"), write("pii", "log", "declared")] {
		encryption.verdict == {
			"deny": set(),
			"warn": {{
				"rule": "encryption.declared_only",
				"message": "That pii data is encrypted at rest is only the word of whoever started this home.",
				"got": "declared",
				"allowed": "kms",
				"solution": concat(" ", [
					"Make sure that the volume of the data folder is encrypted,",
					"or run it in a home whose keys encrypt, such as a home on AWS.",
				]),
			}},
		} with input as judged
		encryption.allow with input as judged
	}
}

test_the_list_of_the_tenant_adds_to_that_of_the_pack if {
	rules(encryption.deny) == {"encryption.home_unencrypted"} with input as with_tenant_data({}, run("confidential", "none"))
	rules(encryption.deny) == {"encryption.home_unencrypted"} with input as with_tenant_data({"encrypted_data_classes": []}, run("confidential", "none"))
	rules(encryption.deny) == {"encryption.home_unencrypted"} with input as with_tenant_data(
		{"encrypted_data_classes": ["internal"]},
		run("internal", "none"),
	)
}

test_lists_of_other_packs_do_not_count if {
	encryption.allow with input as object.union(
		calm,
		{"tenant": {"data": {"pii": {"encrypted_data_classes": ["internal"]}}}},
	)
}

test_an_input_without_anything_is_denied_and_not_undefined if {
	expected := {
		"home.encryption": "kms, declared or none",
		"request.point": "plan, start or write",
		"tenant.data": "an object",
		"workflow.dataClass": "text",
	}
	every bad in [{}, [], null, "text", {"workflow": "text", "request": 7, "tenant": {"data": []}, "home": {"encryption": "rot13"}}] {
		fields(encryption.deny) == expected with input as bad
		rules(encryption.deny) == {"encryption.input_incomplete"} with input as bad
		encryption.warn == set() with input as bad
		not encryption.allow with input as bad
	}
}

test_no_input_at_all_is_denied if {
	rules(encryption.deny) == {"encryption.input_incomplete"}
	not encryption.allow
}

test_a_write_that_does_not_say_how_it_is_kept_is_denied if {
	expected := {"write.encryption": "kms, declared or none", "write.kind": "outputs or log"}
	every bad in [null, {}, "text", {"kind": "mail", "encryption": "rot13"}] {
		fields(encryption.deny) == expected with input as object.union(calm, {"request": {"point": "write"}, "write": bad})
	}
	fields(encryption.deny) == expected with input as object.remove(object.union(calm, {"request": {"point": "write"}}), ["write"])
}

test_a_point_that_is_not_judged_is_denied if {
	fields(encryption.deny) == {"request.point": "plan, start or write"} with input as object.union(
		calm,
		{"request": {"point": "publish"}},
	)
}

test_a_broken_list_is_denied if {
	every bad in [null, "pii", {"pii": true}, [1], [""]] {
		encryption.deny == {{
			"rule": "encryption.data_invalid",
			"message": "The list encrypted_data_classes of the pack is not usable.",
			"got": "encrypted_data_classes",
			"allowed": "a list of text",
			"solution": "Mend the data of the pack and build its bundle again.",
		}} with input as calm with data.mc.encryption.encrypted_data_classes as bad
	}
}

test_a_broken_list_of_the_tenant_is_denied if {
	every bad in [null, false, "pii", {"pii": true}, [1], [""]] {
		encryption.deny == {{
			"rule": "encryption.tenant_data_invalid",
			"message": "The rule data tenant.data.encryption.encrypted_data_classes is not usable.",
			"got": "tenant.data.encryption.encrypted_data_classes",
			"allowed": "a list of text",
			"solution": "Mend it in the settings of the tenant, or remove it there, so that the data of the pack counts.",
		}} with input as with_tenant_data({"encrypted_data_classes": bad}, calm)
	}
}

test_rule_data_nobody_reads_is_denied if {
	fields(encryption.deny) == {"tenant.data.encryption.classes": "encrypted_data_classes"} with input as with_tenant_data(
		{"classes": ["internal"]},
		calm,
	)
}

test_rule_data_that_is_no_object_is_denied if {
	every bad in [null, "text", [], ["encrypted_data_classes"], 1] {
		fields(encryption.deny) == {"tenant.data.encryption": "an object with the list of the pack"} with input as with_tenant_data(
			bad,
			calm,
		)
	}
}

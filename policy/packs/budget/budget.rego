# METADATA
# title: Budget
# description: >-
#   A tenant spends at most its budget of the day. What counts is the measured cost of the runs of this day, the estimates of those that
#   are still open, and the estimate of the run that is judged; amounts are compared in whole micro-dollars. Input or rule data that
#   cannot be read is a denial, never an allow.
package mc.budget

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
# title: Budget of the day
# description: >-
#   What is spent, what is reserved and the estimate of this run together are at most `deny_percent` of the daily budget. Exactly the
#   budget is still allowed.
# custom:
#   short_name: exceeded
#   failure_msg: With this run the day comes to {got}, but the budget allows {allowed}.
#   solution: >-
#     Wait for the next day of the time zone of the tenant, make the run cheaper (fewer tasks, smaller resource classes), or ask an admin
#     of the home to raise the budget with `maestro tenants set`.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	day_with(estimate) > limit
	entry := finding(rego.metadata.rule(), sum_with(estimate), at_most(limit), {})
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
	some field, expected in expected_fields
	not field in usable_fields
	entry := finding(rego.metadata.rule(), field, expected, {})
}

# METADATA
# title: Unusable rule data
# description: >-
#   Every percentage of this pack, or of the tenant's data for it, is a whole number from 1 to 100, and there is none that the pack does
#   not know; otherwise nothing can be judged, and the run is denied.
# custom:
#   short_name: data_invalid
#   failure_msg: The value {got} of the data of the pack is not usable.
#   solution: Mend `data.budget` of the tenant with `maestro tenants set`, or the data of the pack and build its bundle again.
#   severity: failure
#   effective_on: "2026-01-01T00:00:00Z"
deny contains entry if {
	some name in (object.keys(settings) | setting_names)
	not name in usable_settings
	entry := finding(rego.metadata.rule(), name, "deny_percent and warn_percent, each a whole number from 1 to 100", {})
}

# METADATA
# title: Budget nearly spent
# description: The day passes `warn_percent` of the budget with this run, and stays within it.
# custom:
#   short_name: near_limit
#   failure_msg: With this run the day comes to {got}, more than {percent} % of the budget of USD {budget}.
#   solution: Leave the money to the runs that matter today, or ask an admin of the home to raise the budget with `maestro tenants set`.
#   severity: warning
#   effective_on: "2026-01-01T00:00:00Z"
warn contains entry if {
	is_near
	values := {"percent": format_int(settings.warn_percent, 10), "budget": usd(micros(input.tenant.budget.dailyMaxUSD))}
	entry := finding(rego.metadata.rule(), sum_with(estimate), at_most(share(settings.warn_percent)), values)
}

# METADATA
# title: Upper end of the estimate
# description: >-
#   The estimate stays within the budget, but the upper end of its interval would pass it. Not said when the budget is nearly spent
#   anyway.
# custom:
#   short_name: interval_exceeds
#   failure_msg: The estimate stays within the budget, but at its upper end the day comes to {got}, and the budget allows {allowed}.
#   solution: >-
#     Let other runs of the day be sealed first, make the run cheaper, or ask an admin of the home to raise the budget with
#     `maestro tenants set`.
#   severity: warning
#   effective_on: "2026-01-01T00:00:00Z"
warn contains entry if {
	day_with(estimate) <= limit
	not is_near
	day_with(high_estimate) > limit
	entry := finding(rego.metadata.rule(), sum_with(high_estimate), at_most(limit), {})
}

is_near if {
	day_with(estimate) > share(settings.warn_percent)
	day_with(estimate) <= limit
}

limit := share(settings.deny_percent)

estimate := micros(input.plan.estimatedCostUSD)

high_estimate := micros(input.plan.estimatedCostHighUSD)

# What a percentage of the budget comes to, in micro-dollars. Amounts are whole, so cutting the rest off changes no comparison.
share(percent) := floor((micros(input.tenant.budget.dailyMaxUSD) * percent) / 100) if is_percentage(percent)

day_with(cost) := (micros(input.tenant.budget.spentUSD) + micros(input.tenant.budget.reservedUSD)) + cost

sum_with(cost) := concat("", [
	"USD ", usd(day_with(cost)),
	" (", usd(micros(input.tenant.budget.spentUSD)), " spent, ",
	usd(micros(input.tenant.budget.reservedUSD)), " reserved, ",
	usd(cost), " for this run)",
])

at_most(amount) := concat("", [
	"at most USD ", usd(amount),
	" on ", input.tenant.budget.day,
	" (", input.tenant.budget.timeZone, ")",
])

# The only way an amount enters: rounded, because 120.43 has no exact binary form.
micros(dollars) := round(dollars * 1000000) if is_amount(dollars)

# Cents at least, and as many of the six decimals as the amount has: a run may cost less than a cent.
usd(amount) := concat("", [dollars, ".", cents, trim_right(rest, "0")]) if {
	dollars := format_int(floor(amount / 1000000), 10)
	decimals := substring(format_int(1000000 + (amount % 1000000), 10), 1, 6)
	cents := substring(decimals, 0, 2)
	rest := substring(decimals, 2, 4)
}

# The tenant's values replace those of the pack.
settings := object.union(shipped, object.get(input.tenant.data, "budget", {}))

# One by one, because data.mc.budget as a whole holds this rule too.
shipped["deny_percent"] := data.mc.budget.deny_percent

shipped["warn_percent"] := data.mc.budget.warn_percent

setting_names := {"deny_percent", "warn_percent"}

usable_settings contains name if {
	some name in setting_names
	is_percentage(settings[name])
}

expected_fields := {
	"plan.estimatedCostHighUSD": amount_expected,
	"plan.estimatedCostUSD": amount_expected,
	"tenant.budget.dailyMaxUSD": amount_expected,
	"tenant.budget.day": "text",
	"tenant.budget.reservedUSD": amount_expected,
	"tenant.budget.spentUSD": amount_expected,
	"tenant.budget.timeZone": "text",
	"tenant.data.budget": "an object, or nothing",
}

amount_expected := "a number of dollars from 0 to a billion with at most 6 decimals"

# A call whose argument is undefined makes `not` undefined as well, and the rule silent. So fields are looked up in positive rules,
# where undefined means "not usable", and only the results are negated.
usable_fields contains "plan.estimatedCostHighUSD" if is_amount(input.plan.estimatedCostHighUSD)

usable_fields contains "plan.estimatedCostUSD" if is_amount(input.plan.estimatedCostUSD)

usable_fields contains concat(".", ["tenant.budget", name]) if {
	some name in ["dailyMaxUSD", "reservedUSD", "spentUSD"]
	is_amount(input.tenant.budget[name])
}

usable_fields contains concat(".", ["tenant.budget", name]) if {
	some name in ["day", "timeZone"]
	is_text(input.tenant.budget[name])
}

usable_fields contains "tenant.data.budget" if is_object(object.get(input.tenant.data, "budget", {}))

# A billion dollars is beyond every budget; three of them are within the 32 bits of dollars that WebAssembly can write out.
is_amount(value) if {
	is_number(value)
	value >= 0
	value <= 1000000000

	# Whole but for the error of binary fractions: half a micro-dollar would be rounded up by one evaluator and down by another.
	abs((value * 1000000) - round(value * 1000000)) < 0.01
}

is_percentage(value) if {
	is_number(value)
	value == floor(value)
	value >= 1
	value <= 100
}

is_text(value) if {
	is_string(value)
	value != ""
}

finding(rule, got, allowed, values) := {
	"rule": concat(".", ["budget", rule.custom.short_name]),
	"message": filled(rule.custom.failure_msg, object.union({"got": got, "allowed": allowed}, values)),
	"got": got,
	"allowed": allowed,
	"solution": rule.custom.solution,
}

# The text with every `{name}` replaced by the value of that name, once: a value that looks like `{name}` itself stays as it is.
filled(template, values) := concat("", array.concat([parts[0]], pieces)) if {
	parts := split(template, "{")
	pieces := [concat("", [values[piece[0]], piece[1]]) |
		some part in array.slice(parts, 1, count(parts))
		piece := split(part, "}")
	]
}

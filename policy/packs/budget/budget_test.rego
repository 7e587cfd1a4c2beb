package mc.budget_test

import data.mc.budget

# 397.93 of 500 dollars: just below the 80 % that are warned of.
calm := {
	"tenant": {
		"budget": {"dailyMaxUSD": 500, "spentUSD": 120.43, "reservedUSD": 277.5, "day": "2026-11-21", "timeZone": "Etc/UTC"},
		"data": {"budget": {}},
	},
	"plan": {"estimatedCostUSD": 0, "estimatedCostHighUSD": 0},
}

costing(estimate, high) := object.union(calm, {"plan": {"estimatedCostUSD": estimate, "estimatedCostHighUSD": high}})

reserved(amount, run) := object.union(run, {"tenant": {"budget": {"reservedUSD": amount}}})

with_budget(budget_of_tenant, run) := object.union(run, {"tenant": {"budget": budget_of_tenant}})

with_settings(values) := object.union(costing(1, 1), {"tenant": {"data": {"budget": values}}})

silent := {"deny": set(), "warn": set()}

rules(entries) := {entry.rule | some entry in entries}

fields(entries) := {entry.got: entry.allowed | some entry in entries}

test_a_run_within_the_budget_is_allowed if {
	budget.verdict == silent with input as costing(1, 2)
	budget.allow with input as costing(1, 2)
}

test_a_tenant_without_a_section_of_rule_data_is_judged_by_the_packs if {
	budget.verdict == silent with input as json.remove(calm, ["tenant/data/budget"])
}

test_a_run_beyond_the_budget_is_denied_with_every_amount if {
	bad := reserved(377.5, costing(3.27, 4))
	budget.verdict == {
		"deny": {{
			"rule": "budget.exceeded",
			"message": concat("", [
				"With this run the day comes to USD 501.20 (120.43 spent, 377.50 reserved, 3.27 for this run), ",
				"but the budget allows at most USD 500.00 on 2026-11-21 (Etc/UTC).",
			]),
			"got": "USD 501.20 (120.43 spent, 377.50 reserved, 3.27 for this run)",
			"allowed": "at most USD 500.00 on 2026-11-21 (Etc/UTC)",
			"solution": concat(" ", [
				"Wait for the next day of the time zone of the tenant, make the run cheaper (fewer tasks, smaller resource classes),",
				"or ask an admin of the home to raise the budget with `maestro tenants set`.",
			]),
		}},
		"warn": set(),
	} with input as bad
	not budget.allow with input as bad
}

test_exactly_the_budget_is_allowed_with_a_warning_and_one_micro_dollar_more_is_denied if {
	exact := reserved(377.5, costing(2.07, 2.07))
	rules(budget.warn) == {"budget.near_limit"} with input as exact
	budget.allow with input as exact
	rules(budget.deny) == {"budget.exceeded"} with input as reserved(377.500001, costing(2.07, 2.07))
	budget.warn == set() with input as reserved(377.500001, costing(2.07, 2.07))
}

test_a_run_that_passes_the_warning_line_is_warned_of if {
	budget.verdict == {
		"deny": set(),
		"warn": {{
			"rule": "budget.near_limit",
			"message": concat("", [
				"With this run the day comes to USD 400.0001 (120.43 spent, 277.50 reserved, 2.0701 for this run), ",
				"more than 80 % of the budget of USD 500.00.",
			]),
			"got": "USD 400.0001 (120.43 spent, 277.50 reserved, 2.0701 for this run)",
			"allowed": "at most USD 400.00 on 2026-11-21 (Etc/UTC)",
			"solution": "Leave the money to the runs that matter today, or ask an admin of the home to raise the budget with `maestro tenants set`.",
		}},
	} with input as costing(2.0701, 200)
}

test_exactly_the_warning_line_is_no_warning if {
	budget.verdict == silent with input as costing(2.07, 2.07)
}

test_an_upper_end_beyond_the_budget_is_warned_of if {
	budget.verdict == {
		"deny": set(),
		"warn": {{
			"rule": "budget.interval_exceeds",
			"message": concat("", [
				"The estimate stays within the budget, but at its upper end the day comes to ",
				"USD 500.000001 (120.43 spent, 277.50 reserved, 102.070001 for this run), ",
				"and the budget allows at most USD 500.00 on 2026-11-21 (Etc/UTC).",
			]),
			"got": "USD 500.000001 (120.43 spent, 277.50 reserved, 102.070001 for this run)",
			"allowed": "at most USD 500.00 on 2026-11-21 (Etc/UTC)",
			"solution": concat(" ", [
				"Let other runs of the day be sealed first, make the run cheaper, or ask an admin of the home to raise the budget with",
				"`maestro tenants set`.",
			]),
		}},
	} with input as costing(1, 102.070001)
	budget.verdict == silent with input as costing(1, 102.07)
}

test_a_run_that_is_denied_is_not_warned_of_as_well if {
	budget.warn == set() with input as costing(200, 300)
}

test_amounts_are_compared_in_whole_micro_dollars if {
	tenth := {"dailyMaxUSD": 0.3, "spentUSD": 0.1, "reservedUSD": 0.1}
	budget.allow with input as with_budget(tenth, costing(0.1, 0.1))
	rules(budget.deny) == {"budget.exceeded"} with input as with_budget(tenth, costing(0.100001, 0.100001))
}

test_amounts_show_every_decimal_they_have if {
	shown := {0: "0.00", 0.000001: "0.000001", 0.1: "0.10", 3.27: "3.27", 1.005: "1.005", 999999.999999: "999999.999999", 100: "100.00"}
	every dollars, expected in shown { budget.usd(budget.micros(dollars)) == expected }
}

test_a_budget_of_zero_allows_only_runs_that_cost_nothing if {
	nothing := {"dailyMaxUSD": 0, "spentUSD": 0, "reservedUSD": 0}
	budget.verdict == silent with input as with_budget(nothing, costing(0, 0))
	rules(budget.deny) == {"budget.exceeded"} with input as with_budget(nothing, costing(0.000001, 1))
}

test_a_tenant_moves_the_lines_by_its_data if {
	rules(budget.warn) == {"budget.near_limit"} with input as with_settings({"warn_percent": 50})
	rules(budget.deny) == {"budget.exceeded"} with input as with_settings({"deny_percent": 79})
	allowed := {entry.allowed | some entry in budget.deny} with input as with_settings({"deny_percent": 79})
	allowed == {"at most USD 395.00 on 2026-11-21 (Etc/UTC)"}
}

test_the_lines_are_data_of_the_pack if {
	rules(budget.deny) == {"budget.exceeded"} with input as costing(1, 1) with data.mc.budget.deny_percent as 79
	rules(budget.warn) == {"budget.near_limit"} with input as costing(1, 1) with data.mc.budget.warn_percent as 79
}

amount := "a number of dollars from 0 to a billion with at most 6 decimals"

everything := {
	"plan.estimatedCostHighUSD": amount,
	"plan.estimatedCostUSD": amount,
	"tenant.budget.dailyMaxUSD": amount,
	"tenant.budget.day": "text",
	"tenant.budget.reservedUSD": amount,
	"tenant.budget.spentUSD": amount,
	"tenant.budget.timeZone": "text",
	"tenant.data.budget": "an object, or nothing",
}

test_an_input_without_anything_is_denied_and_not_undefined if {
	every bad in [{}, [], null, "text", {"tenant": "text", "plan": 7}, {"tenant": {"budget": [], "data": null}, "plan": null}] {
		fields(budget.deny) == everything with input as bad
		rules(budget.deny) == {"budget.input_incomplete"} with input as bad
		budget.warn == set() with input as bad
		not budget.allow with input as bad
	}
}

test_no_input_at_all_is_denied if {
	rules(budget.deny) == {"budget.input_incomplete"}
	not budget.allow
}

test_an_amount_that_is_none_is_denied if {
	every bad in [null, "12", -0.000001, true, [1], 1000000001, 0.0000005, 1.0000001] {
		every name in ["dailyMaxUSD", "reservedUSD", "spentUSD"] {
			field := concat(".", ["tenant.budget", name])
			fields(budget.deny) == {field: amount} with input as with_budget({name: bad}, costing(1, 1))
		}
		fields(budget.deny) == {"plan.estimatedCostUSD": amount} with input as costing(bad, 1)
		fields(budget.deny) == {"plan.estimatedCostHighUSD": amount} with input as costing(1, bad)
	}
}

test_a_day_that_is_no_text_is_denied if {
	every bad in ["", 1, null] {
		fields(budget.deny) == {"tenant.budget.day": "text"} with input as with_budget({"day": bad}, calm)
		fields(budget.deny) == {"tenant.budget.timeZone": "text"} with input as with_budget({"timeZone": bad}, calm)
	}
}

test_rule_data_of_a_tenant_that_is_no_object_is_denied_once if {
	every bad in [null, "80", 80, ["deny_percent"]] {
		fields(budget.deny) == {"tenant.data.budget": "an object, or nothing"} with input as with_settings(bad)
	}
}

test_a_percentage_that_is_none_is_denied if {
	every bad in [0, 101, -1, 80.5, "80", null, [80]] {
		budget.deny == {{
			"rule": "budget.data_invalid",
			"message": "The value deny_percent of the data of the pack is not usable.",
			"got": "deny_percent",
			"allowed": "deny_percent and warn_percent, each a whole number from 1 to 100",
			"solution": "Mend `data.budget` of the tenant with `maestro tenants set`, or the data of the pack and build its bundle again.",
		}} with input as with_settings({"deny_percent": bad})
		rules(budget.deny) == {"budget.data_invalid"} with input as costing(1, 1) with data.mc.budget.warn_percent as bad
		not budget.allow with input as with_settings({"warn_percent": bad})
	}
}

test_a_setting_the_pack_does_not_know_is_denied if {
	{entry.got | some entry in budget.deny} == {"max_percent"} with input as with_settings({"max_percent": 50})
	rules(budget.deny) == {"budget.data_invalid"} with input as with_settings({"max_percent": 50})
}

test_a_pack_without_its_data_is_denied if {
	{entry.got | some entry in budget.deny} == {"deny_percent", "warn_percent"} with input as costing(1, 1) with budget.shipped as {}
}

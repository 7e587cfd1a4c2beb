/** The guard against packs that compile and are wrong: every kind of finding in a pack that has it, and none in packs that have none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { checkMisconfiguration } from '../../../scripts/policy/check-misconfiguration.ts';
import { findOpa } from '../../../scripts/policy/find-opa.ts';
import type { Finding } from '../../../scripts/policy/misconfiguration/finding.ts';
import { readPackSources, type PackSources } from '../../../scripts/policy/pack-sources.ts';

const shippedPacks = fileURLToPath(new URL('../../../policy/packs/', import.meta.url));
const badPacks = fileURLToPath(new URL('../../fixtures/policy-misconfigured/', import.meta.url));
const oldPacks = fileURLToPath(new URL('../../fixtures/policy/', import.meta.url));

const opa = findOpa() ?? '';
const withOpa = opa === '' ? test.skip : test;
const withOpaEach = opa === '' ? test.skip.each : test.each;
const without = opa === '' ? ' (skipped: no OPA in MC_OPA, .oracles or PATH)' : '';

function packOf(folder: string, name: string): PackSources {
  return readPackSources(folder).find((pack) => pack.name === name)!;
}

const lines = (found: readonly Finding[]): string[] => found.map(({ place, message }) => `${basename(place)} ${message}`);

const again = 'may answer differently when asked again, so its decision could not be replayed';
const endless = 'goes as far as its argument does, and nothing bounds that';
const silent = 'does not say enough in its METADATA';
const anyway = 'and no rule refers to it (request.point and tenant.id are there anyway)';
const shadowed = 'tests/fixtures/policy-misconfigured/shadowed_rule/shadowed_rule.rego';

const expected: Readonly<Record<Finding['code'], string[]>> = {
  'default-allow': [
    'default_allow.rego:4 the default of verdict allows: what no rule could judge passes',
    'default_allow.rego:8 the default of allow allows: what no rule could judge passes',
    'default_allow.rego:10 allow allows whatever is asked',
    'default_allow.rego:12 allow allows whatever is asked',
  ],
  'unbounded-walk': [
    `unbounded_walk.rego:7 walk ${endless}`,
    `unbounded_walk.rego:11 graph.reachable ${endless}`,
    `unbounded_walk.rego:13 numbers.range ${endless}`,
    `unbounded_walk.rego:15 net.cidr_expand ${endless}`,
    `unbounded_walk.rego:19 regex.split ${endless}`,
  ],
  'unused-input': [
    `.manifest:4 metadata.reads lists plan, ${anyway}`,
    `.manifest:4 metadata.reads lists request, ${anyway}`,
    'unused_input.rego:10 a rule refers to input.workflow.region, which is not in metadata.reads: it is never there',
    'unused_input.rego:12 a rule refers to input.actor.roles, which is not in metadata.reads: it is never there',
    'unused_input.rego:14 a rule refers to input.tenant.budget, which is not in metadata.reads: it is never there',
    'unused_input.rego:18 a rule refers to input.tenant.data.residency, but a pack sees only its own section, unused_input',
    'unused_input.rego:20 a rule refers to input.workflows, which is not in metadata.reads: it is never there',
  ],
  'shadowed-rule': [
    'nesting.rego:3 the rule nested hides the package data.mc.shadowed_rule.nested',
    'shadowed_rule.rego:9 the local name region hides the rule or import region',
    'shadowed_rule.rego:14 the rule banned hides the data of the pack at data.mc.shadowed_rule.banned',
    'shadowed_rule.rego:16 the rule lists hides the import lists',
    'shadowed_rule.rego:18 the rule count hides the built-in function count',
    'shadowed_rule.rego:20 the rule time hides the built-in function time',
    'shadowed_rule.rego:25 the local name banned hides the rule or import banned',
    'shadowed_rule.rego:28 the local name size hides the rule or import size',
    'shadowed_rule.rego:28 the local name denied hides the rule or import denied',
    'shadowed_rule.rego:30 the local name count hides the rule or import count',
    'shadowed_rule.rego:31 the local name time hides the rule or import time',
    `shadowed_rule.rego:37 size is defined for the same case at ${shadowed}:35 already`,
    `shadowed_rule.rego:41 rank is defined for the same case at ${shadowed}:39 already`,
    `shadowed_rule.rego:43 rank is defined for the same case at ${shadowed}:41 already`,
  ],
  'missing-solution': [
    `missing_solution.rego:6 a rule of deny ${silent}: title, description, custom.short_name, custom.failure_msg, custom.solution, custom.severity, custom.effective_on`,
    `missing_solution.rego:15 a rule of deny ${silent}: custom.solution, custom.severity, custom.effective_on`,
    `missing_solution.rego:37 a rule of warn ${silent}: description, custom.solution, custom.effective_on`,
  ],
  nondeterministic: [
    `nondeterministic.rego:6 time.now_ns ${again}`,
    `nondeterministic.rego:8 rand.intn ${again}`,
    `nondeterministic.rego:10 uuid.rfc4122 ${again}`,
    `nondeterministic.rego:12 http.send ${again}`,
    `nondeterministic.rego:14 opa.runtime ${again}`,
    `nondeterministic.rego:17 io.jwt.decode ${again}`,
    `nondeterministic.rego:21 net.lookup_ip_addr ${again}`,
  ],
};

describe('the misconfiguration guard', () => {
  withOpaEach(Object.entries(expected))(`finds every %s of a pack that has them, and nothing else in it${without}`, (code, places) => {
    const found = checkMisconfiguration(opa, packOf(badPacks, code.replace('-', '_')));
    expect(lines(found)).toEqual(places);
    expect(new Set(found.map((finding) => finding.code))).toEqual(new Set([code]));
    expect(found.filter(({ fix }) => fix === '')).toEqual([]);
  });

  withOpa(`finds nothing in a pack whose lines only look like findings${without}`, () => {
    expect(checkMisconfiguration(opa, packOf(badPacks, 'sound'))).toEqual([]);
  });

  withOpa(`finds nothing in the seven packs this program ships with${without}`, () => {
    const found = readPackSources(shippedPacks).map((pack) => [pack.name, lines(checkMisconfiguration(opa, pack))]);
    const names = ['access', 'budget', 'egress', 'encryption', 'pii', 'quotas', 'residency'];
    expect(found).toEqual(names.map((name) => [name, []]));
  });

  withOpa(`reads a pack of Rego v0 as OPA rewrites it, and says so${without}`, () => {
    const found = checkMisconfiguration(opa, packOf(oldPacks, 'legacy'));
    expect(found.map(({ code }) => code)).toEqual(['missing-solution']);
    expect(found[0]!.place).toMatch(/legacy\.rego:\d+ of the file as `opa fmt --v0-v1` writes it$/);
  });

  withOpa(`throws for a pack that OPA cannot parse, and does not call it sound${without}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'mc-guard-'));
    try {
      writeFileSync(join(folder, '.manifest'), '{ "roots": ["mc/broken"], "rego_version": 1 }');
      writeFileSync(join(folder, 'broken.rego'), 'package mc.broken\n\nverdict := {');
      const pack = { name: 'broken', folder, bundled: ['broken.rego'], tests: [] };
      expect(() => checkMisconfiguration(opa, pack)).toThrow(/rego_parse_error/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

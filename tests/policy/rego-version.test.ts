import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { findV0Rule } from '../../policy/engine/rego-version.ts';

const packs = new URL('../../policy/packs/', import.meta.url);
const shipped = readdirSync(packs).flatMap((pack) =>
  readdirSync(new URL(`${pack}/`, packs)).filter((file) => file.endsWith('.rego')).map((file) => `${pack}/${file}`),
); // prettier-ignore

describe('Rego v0 is told from v1', () => {
  test.each([
    ['a rule without if', 'allow { input.x }'],
    ['a partial set', 'deny[msg] { msg := "x" }'],
    ['a partial set without a body', 'deny["x"]'],
    ['a set of sets without a body', 'deny["x"]["y"]'],
    ['a function', 'f(x) { x > 1 }'],
    ['a function with a value', 'f(x) = y { y := x }'],
    ['a rule with a value', 'x := 1 { input.y }'],
    ['a body after an object', 'x = {"a": 1} { input.y }'],
    ['a body on the next line', 'allow\n{ input.x }'],
    ['several bodies', 'allow = true { input.x } { input.y }'],
    ['an else', 'x = 1 { input.a } else = 2 { input.b }'],
    ['a rule after one of v1', 'import future.keywords\na if { true }\nb { true }'],
  ])('by %s', (_, rule) => {
    expect(findV0Rule(`package mc.x\n\n${rule}\n`)).toBeDefined();
  });

  test.each([
    ['rules and functions', 'allow if { input.x }\nf(x) := y if {\n  y := x\n}\nf(x, y) if x == y'],
    ['sets', 'deny contains msg if { msg := "x" }\ndeny contains {"a": 1} if true\ndeny contains "x"'],
    ['values that are objects and sets', 'x := {"a": {"b": 1}}\ny := {1, 2} | {3}\nz := {a | some a in y}\ndefault w := {}'],
    ['objects by key', 'x[1] := {}\nx[2] = 3\nx["a"].b := 1\ny.z[k] := v if { some k, v in x }'],
    ['bodies in bodies', 'x if every y in {1} { y == 1 }\nx if {\n  not f({1})\n  z := [a | a := {1}[_]]\n  z\n}'],
    ['else', 'x := 1 if { input.a } else := 2 if { input.b } else := {}\nx if { 1 } else := 3'],
    [
      'heads and bodies on several lines',
      'x if\n{ true }\ny contains\n  "x"\nz := 1 if {\n  true\n}\nelse := 2 if { true }\nw := [\n  1,\n]',
    ],
    ['a condition that ends on the next line', 'x if every y in\n  ys\n{ y == 1 }'],
    ['text and comments that look like v0', 'x := "deny { "\ny := `\nallow { true }\n`\n# allow { true }\nz := "\\"" # {'],
    ['nothing but a package', ''],
    ['imports and values', 'import data.x as y\nimport input.z\ndefault a := false\nb := y.c[0]\nc := -1 * 2'],
  ])('and %s of v1 are not taken for it', (_, rules) => {
    expect(findV0Rule(`package mc.x\n\n${rules}\n`)).toBeUndefined();
  });

  test('in a moment, also where strings have no end', () => {
    const beganMs = performance.now();
    for (const text of ['\\"', '"\\', '"', '`']) findV0Rule(text.repeat(64 * 1024));
    // About 0.1 s; a reader that tries every quote again takes 20 s and more.
    expect(performance.now() - beganMs).toBeLessThan(5_000);
  });

  test('by the line of its first rule', () => {
    expect(findV0Rule('package x\n\n# b {\na := `\n` if true\n\nb {\n  true\n}\n')).toBe(7);
  });

  test.each(shipped)('and %s is v1', (file) => {
    expect(findV0Rule(readFileSync(new URL(file, packs), 'utf8'))).toBeUndefined();
  });
});

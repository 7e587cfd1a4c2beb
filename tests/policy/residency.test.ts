/** Recorded decisions of the residency pack: a recorded one is never edited, a new rule adds a file. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Json } from '../../shared/core/json/canonical-json.ts';
import { PolicyInput, RuleEntry } from '../../shared/port/policy-engine.ts';
import { interpret, judgeWith, openResidency, withOpa, without } from '../support/ask-residency.ts';
import { buildInput } from '../support/build-policy-input.ts';

const goldenFolder = new URL('../golden/policy/residency/', import.meta.url);
const Golden = z.strictObject({
  title: z.string(),
  data: z.json().optional(),
  input: z.json(),
  verdict: z.enum(['allow', 'warn', 'deny']),
  entries: z.array(RuleEntry),
});
const goldens = readdirSync(goldenFolder)
  .sort()
  .map((file) => ({ file, ...Golden.parse(JSON.parse(readFileSync(new URL(file, goldenFolder), 'utf8'))) }));

type Overlaid = Record<string, Json>;
const isObject = (value: Json | undefined): value is Overlaid => typeof value === 'object' && value !== null && !Array.isArray(value);

/** One value laid over another: what only the lower one has shows through. */
function overlay(lower: Json, upper: Json): Json {
  if (!isObject(lower) || !isObject(upper)) return upper;
  const laid = Object.entries(upper).map(([name, value]): [string, Json] => [name, overlay(lower[name] ?? null, value)]);
  return { ...lower, ...Object.fromEntries(laid) };
}

/** A question as it would be asked today: fields that came after it was recorded are as for a tenant that has set nothing. */
function ofToday(recorded: Json): Json {
  const { workflow, ...rest } = z
    .object({ workflow: z.record(z.string(), z.json()) })
    .loose()
    .parse(overlay(asJson(buildInput()), recorded));
  const tasks = z.array(z.record(z.string(), z.json())).parse(workflow['tasks']);
  return asJson({ ...rest, workflow: { ...workflow, tasks: tasks.map((task) => ({ redacts: false, ...task })) } });
}

const isBroken = ({ file }: { file: string }): boolean => file.startsWith('bad-input');

describe('recorded decisions of the residency pack', () => {
  test.each(goldens.filter((golden) => !isBroken(golden)))('$file: $title', async ({ input, data, verdict, entries }) => {
    expect(PolicyInput.safeParse(ofToday(input)).error).toBeUndefined();
    expect(await judgeWith(await openResidency(data), ofToday(input))).toMatchObject({ pack: 'residency', verdict, entries });
  });

  test.each(goldens.filter(isBroken))('$file: $title, whatever else is missing by now', async ({ input, verdict, entries }) => {
    const judged = await judgeWith(await openResidency(), input);
    expect(judged).toMatchObject({ pack: 'residency', verdict, entries: expect.arrayContaining(entries) });
    expect(new Set(judged.entries.map(({ rule }) => rule))).toEqual(new Set(entries.map(({ rule }) => rule)));
  });

  withOpa.each(goldens)(`$file is what OPA says${without}`, async ({ input, data }) => {
    expect(interpret([input], data)).toEqual([(await judgeWith(await openResidency(data), input)).entries]);
  });
});

function asJson(value: unknown): Json {
  return z.json().parse(value);
}

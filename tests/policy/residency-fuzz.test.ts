/** The compiled residency pack beside its rules in plain words and beside OPA's own interpreter, on inputs most of which are broken. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import type { Json } from '../../shared/core/json/canonical-json.ts';
import { interpret, judgeWith, openResidency, withOpa, without } from '../support/ask-residency.ts';
import { buildInput } from '../support/build-policy-input.ts';

/** Of the generated inputs; another one is another test. */
const seed = 20_261_120;
const numRuns = 800;

describe('the compiled pack', () => {
  test('allows exactly what the rules in plain words allow, on 800 inputs, most of them broken', async () => {
    const pack = await openResidency();
    const inputs = fc.sample(brokenInput(), { seed, numRuns });
    expect(inputs.filter(isFine).length).toBeGreaterThan(numRuns / 20);
    for (const input of inputs) {
      const { verdict } = await judgeWith(pack, input);
      expect({ seed, input, isDenied: verdict === 'deny' }).toEqual({ seed, input, isDenied: !isFine(input) });
    }
  });

  withOpa(`agrees with OPA on 800 inputs, most of them broken${without}`, async () => {
    const inputs = fc.sample(brokenInput(), { seed, numRuns });
    const pack = await openResidency();
    const verdicts = [];
    for (const input of inputs) verdicts.push((await judgeWith(pack, input)).entries);
    expect({ seed, verdicts }).toEqual({ seed, verdicts: interpret(inputs) });
  });
});

const Name = z.string().min(1);
const Task = z.object({ id: Name, region: Name, egress: z.array(z.object({ host: Name })) });
const Jurisdiction = Name.refine((text) => text === text.toUpperCase());
const Lists = z.strictObject({
  banned_jurisdictions: z.array(Jurisdiction).default(['KP', 'RU']),
  sensitive_data_classes: z.array(Name).optional(),
});
const Common = z.object({
  tenant: z.object({ data: z.object({ residency: Lists.default({ banned_jurisdictions: ['KP', 'RU'] }) }) }),
  home: z.object({ region: Name.nullable() }),
  workflow: z.object({ region: Name, dataClass: Name }),
});
const Needed = z.union([
  Common.extend({
    request: z.object({ point: z.enum(['publish', 'plan', 'start']), region: Name }),
    workflow: Common.shape.workflow.extend({ tasks: z.array(Task).min(1) }),
  }),
  Common.extend({
    request: z.object({ point: z.literal('place'), region: Name }),
    task: Task,
    placement: z.object({ region: Name.nullable() }),
  }),
]);

/** The pack in plain words: everything needed is there, one region everywhere, that of home and place if they declare one, and not a banned one. */
function isFine(input: Json): boolean {
  const { data } = Needed.safeParse(input);
  if (!data) return false;
  const { home, request, workflow, tenant } = data;
  const declared = 'task' in data ? [home.region, data.placement.region] : [home.region];
  const tasks = 'task' in data ? [data.task] : data.workflow.tasks;
  const isOneRegion = [workflow.region, ...tasks.map(({ region }) => region), ...declared.filter((region) => region !== null)].every(
    (region) => region === request.region,
  );
  return isOneRegion && !tenant.data.residency.banned_jurisdictions.includes(request.region.split('-')[0]!.toUpperCase());
}

/** Inputs near the contract: each field may be right, of a wrong type, or gone. */
function brokenInput(): fc.Arbitrary<Json> {
  const odd = fc.constantFrom<Json>(null, '', 0, 1.5, true, [], {}, ['EU'], { region: 'EU' });
  const often = (good: fc.Arbitrary<Json>, weight = 12): fc.Arbitrary<Json> =>
    fc.oneof({ weight, arbitrary: good }, { weight: 1, arbitrary: odd });
  const some = (fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Json> => fc.record(fields, { requiredKeys: [] }).map(asJson);
  const most = (fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Json> =>
    often(fc.oneof({ weight: 4, arbitrary: fc.record(fields).map(asJson) }, { weight: 1, arbitrary: some(fields) }));
  const region = often(fc.constantFrom('EU', 'EU', 'EU', 'EU', 'eu', 'US', 'RU', 'ru-central1', 'KP', '-RU', 'ﬁ-1'), 20);
  const rule = often(some({ host: often(fc.constantFrom('a.example.com', 'b.example.com')), ports: fc.constant([443]) }));
  const task = most({
    id: often(fc.constantFrom('read', 'report', '{got}', 'ü')),
    region,
    egress: often(fc.array(rule, { maxLength: 7 })),
  });
  const tasks = often(fc.array(task, { maxLength: 4 }));
  const lists = some({
    banned_jurisdictions: often(fc.array(fc.constantFrom('US', 'EU', 'KP', 'kp', ''), { maxLength: 2 }).map(asJson)),
    sensitive_data_classes: often(fc.constant(['pii'])),
    banned: odd,
  });
  const none = fc.constant<Json>({});
  const residency = fc.oneof({ weight: 3, arbitrary: none }, { weight: 1, arbitrary: often(lists) });
  const fields = {
    tenant: most({ data: often(fc.oneof(none, fc.record({ residency }).map(asJson))) }),
    home: most({ region: fc.oneof(fc.constant(null), region) }),
    request: most({ point: often(fc.constantFrom('publish', 'plan', 'start', 'place', 'place', 'task')), region }),
    workflow: most({ region, dataClass: often(fc.constantFrom('pii', 'internal', 'confidential')), tasks }),
    task: fc.oneof(fc.constant(null), task),
    placement: fc.oneof(fc.constant(null), most({ region: fc.oneof(fc.constant(null), region) })),
  };
  return fc.oneof(
    { weight: 20, arbitrary: fc.record(fields).map(asJson) },
    { weight: 1, arbitrary: odd },
    { weight: 2, arbitrary: fc.constant(asJson(buildInput())) },
  );
}

function asJson(value: unknown): Json {
  return z.json().parse(value);
}

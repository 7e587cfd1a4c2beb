/** What policy says about attempts of a run that was allowed to start. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { digestBytes } from '../../../shared/core/digest.ts';
import { listRunDecisions } from '../../../shared/execution/read/list-run-decisions.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { allowing, fakePolicy } from '../../support/fake-policy.ts';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

const two = `name: two
version: 1.0.0
dataClass: internal
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0' }
  - { id: second, uses: 'pkg:demo/echo@1.0.0', needs: [first], egress: { allow: [{ host: api.example.com, ports: [443] }] } }
`;

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
}, 60_000);
afterEach(() => engine.close());

const Facts = z.looseObject({
  mc_receipt: z.looseObject({
    steps: z.looseObject({
      entries: z.array(
        z.looseObject({ attempts: z.array(z.looseObject({ decisions: z.array(z.looseObject({})), decisionsDigest: z.string() })) }),
      ),
    }),
    decisions: z.array(z.looseObject({ point: z.string(), task: z.string().nullable() })),
  }),
});

async function receiptOf(id: string): Promise<z.infer<typeof Facts>['mc_receipt']> {
  const { bundle } = await getReceipt(engine.home.deps, engine.actor, id);
  const { statement } = verifyBundle(bundle, await engine.home.deps.signer.publicKey());
  return Facts.parse(statement.predicate).mc_receipt;
}

describe('policy about an attempt', () => {
  test('is asked where it is placed, begun and stored, and the receipt holds each answer by its digest', async () => {
    await engine.publish(two);
    const { id } = await engine.start({ workflow: 'two' });
    await engine.finish(id);
    const { items, logs } = await listRunDecisions(engine.home.deps, engine.actor, { id, limit: 50 });
    expect(items.map(({ point, input }) => `${point} ${input.task?.id ?? '-'}`)).toEqual([
      'start -',
      ...['place first', 'task first', 'write first'],
      ...['place second', 'task second', 'write second'],
    ]);
    expect(items[1]?.input).toMatchObject({ actor: { sub: 'service:runner', kind: 'service', roles: [] }, placement: { cloud: 'local' } });
    const { steps, decisions } = await receiptOf(id);
    const attempts = steps.entries.flatMap((entry) => entry.attempts);
    expect(attempts.flatMap((attempt) => attempt.decisions)).toEqual(
      items.slice(1).map((decision) => ({ id: decision.id, point: decision.point, verdict: decision.verdict })),
    );
    expect(attempts.map(({ decisionsDigest }) => decisionsDigest)).toEqual(logs.map(({ text }) => digestBytes(text)));
    expect(decisions.map(({ point }) => point)).toEqual(['start']);
  });

  test('keeps a task from beginning that was forbidden after the run began, and the receipt says by which rule and how to mend it', async () => {
    await engine.publish(two);
    engine.simulate((spec) => {
      if (spec.taskId === 'first') {
        // While the first task runs, an admin narrows the hosts of the tenant.
        void engine.home.deps.table.write([
          { kind: 'update', key: { pk: 'T#acme', sk: 'TENANT' }, set: { data: { egress: { allowed_hosts: ['other.example.com'] } } } },
        ]);
      }
      return { result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, delayMs: 50 };
    });
    const { id } = await engine.start({ workflow: 'two' });
    const execution = await engine.finish(id);
    expect(execution).toMatchObject({ state: 'failed', error: { taskId: 'second', failure: 'policy' } });
    expect(execution.error?.message).toMatch(/egress\.host_not_allowed: .* Fix: /);
    expect(engine.attempts.map(({ taskId }) => taskId)).toEqual(['first']);
    expect((await receiptOf(id)).decisions).toEqual([
      expect.objectContaining({ point: 'start', verdict: 'allow' }),
      expect.objectContaining({
        point: 'task',
        task: 'second',
        verdict: 'deny',
        packs: expect.arrayContaining([
          expect.objectContaining({
            pack: 'egress',
            entries: [expect.objectContaining({ rule: 'egress.host_not_allowed', got: expect.any(String), solution: expect.any(String) })],
          }),
        ]),
      }),
    ]);
  });

  test('fails the attempt and stores nothing when policy cannot judge', async () => {
    await engine.publish(two);
    const { deps } = engine.home;
    const working = deps.policy;
    deps.policy = {
      evaluate: (point, input, own) => {
        if (point === 'write') throw new Error('the pack is gone');
        return working.evaluate(point, input, own);
      },
    };
    const { id } = await engine.start({ workflow: 'two' });
    const execution = await engine.finish(id);
    expect(execution).toMatchObject({ state: 'failed', error: { taskId: 'first', failure: 'policy' } });
    const first = execution.tasks.find((task) => task.id === 'first');
    expect(first?.outputsDigest).toBeNull();
    // It has run, so it has cost what it cost, and the receipt says on which inputs.
    expect(execution.actualCostUsdMicros).toBeGreaterThan(0);
    expect(first?.attempts).toMatchObject([{ inputsDigest: expect.any(String), sandbox: expect.any(String) }]);
  });

  test('that warns of everything at length leaves a receipt that can still be carried about', async () => {
    const texts = { message: 'm'.repeat(2_000), got: 'g'.repeat(2_000), allowed: 'a'.repeat(2_000), solution: 's'.repeat(2_000) };
    const entries = Array.from({ length: 7 }, () => ({ effect: 'warn' as const, rule: 'loud.x', ...texts }));
    const ids = Array.from({ length: 12 }, (_, at) => `t${at}`);
    const tasks = ids.map((id) => `  - { id: ${id}, uses: 'pkg:demo/echo@1.0.0' }`).join('\n');
    await engine.publish(`name: loud\nversion: 1.0.0\ntasks:\n${tasks}\n`);
    engine.home.deps.policy = fakePolicy([{ ...allowing('loud'), verdict: 'warn', entries }]);
    const { id } = await engine.start({ workflow: 'loud' });
    await engine.finish(id);
    const { steps, decisions } = await receiptOf(id);
    expect(decisions[0]).toMatchObject({ point: 'start' });
    expect(decisions.length).toBeGreaterThan(10);
    expect(JSON.stringify(decisions).length).toBeLessThan(1_200_000);
    // Every decision is in the receipt by its digest, told or not.
    expect(steps.entries.flatMap(({ attempts }) => attempts.flatMap((attempt) => attempt.decisions))).toHaveLength(36);
    // And all of them can be read, in answers that a Lambda can give.
    const { deps, actor } = { deps: engine.home.deps, actor: engine.actor };
    const sizes: number[] = [];
    let told = 0;
    for (let cursor: string | undefined; sizes.length === 0 || cursor !== undefined;) {
      const page = await listRunDecisions(deps, actor, { id, limit: 100, ...(cursor !== undefined && { cursor }) });
      sizes.push(JSON.stringify(page).length);
      told += page.items.length;
      cursor = page.cursor;
    }
    expect(told).toBe(37);
    expect(Math.max(...sizes)).toBeLessThan(4_000_000);
    expect(sizes.length).toBeGreaterThan(1);
  });
});

describe('policy about a compensation', () => {
  const undoing = `name: undoing
version: 1.0.0
tasks:
  - { id: book, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/sleep@1.0.0', with: { ms: 1 } } }
  - { id: pay, uses: 'pkg:demo/echo@1.0.0', needs: [book] }
`;

  test('is asked about the package that undoes, and what that costs is in the bill of the run', async () => {
    await engine.publish(undoing);
    engine.simulate((spec) => {
      if (spec.taskId === 'pay') return failing('declined', false);
      const undone = { result: { kind: 'succeeded', outputs: { sleptMs: 1 }, usage: { wallMs: 1 } } } as const;
      return spec.package.uses.includes('sleep') ? undone : simulateEcho(spec);
    });
    const { id } = await engine.start({ workflow: 'undoing' });
    const execution = await engine.finish(id);
    const book = execution.tasks.find((task) => task.id === 'book');
    expect(book).toMatchObject({ compensation: 'done', compensationAttempts: [{ decisions: [{}, {}, {}] }] });
    const { items } = await listRunDecisions(engine.home.deps, engine.actor, { id, limit: 50 });
    const asked = items.flatMap(({ point, input: { task } }) => (task?.id === 'book' ? [`${point} ${task.uses}`] : []));
    expect(asked.sort()).toEqual(
      ['place', 'task', 'write'].flatMap((point) => [`${point} pkg:demo/echo@1.0.0`, `${point} pkg:demo/sleep@1.0.0`]),
    );
    expect(execution.actualCostUsdMicros).toBe(execution.tasks.reduce((sum, task) => sum + task.costUsdMicros, 0));
  });
});

describe('a task that masks its inputs', () => {
  const masking = `name: masking
version: 1.0.0
dataClass: pii
inputs: { who: { type: object }, note: { type: string } }
tasks:
  - id: tell
    uses: pkg:demo/echo@1.0.0
    with: { person: '\${{ inputs.who }}', note: '\${{ inputs.note }}' }
    redact: [/person/email, /person/names/0]
`;

  test('gets the values at its pointers masked and everything else as it is', async () => {
    // The home keeps bytes as they are, which the data class would forbid; this test is about masking.
    await engine.publish(masking.replace('dataClass: pii', 'dataClass: internal'));
    const who = { email: 'someone@example.com', names: ['A', 'B'], age: 7 };
    const { id } = await engine.start({ workflow: 'masking', inputs: { who, note: 'hello' } });
    await engine.finish(id);
    expect(engine.attempts[0]?.inputs).toEqual({ person: { email: '[redacted]', names: ['[redacted]', 'B'], age: 7 }, note: 'hello' });
  });
});

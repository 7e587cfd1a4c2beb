/** What the network calls of tasks leave behind, whoever looks for them. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { MemoryMetrics } from '../../../shared/embedded/memory-metrics.ts';
import { getEgressAttestation, listRunEgress } from '../../../shared/execution/read/get-run-egress.ts';
import { taskKey } from '../../../shared/execution/execution-record.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { AuditEvent } from '../../../shared/audit/audit-event.ts';
import { EgressVerdict, maxEgressRows } from '../../../shared/port/egress-trace.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { buildEgressRow, buildEgressTrace } from '../../support/build-egress-trace.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

const egress = `egress: { allow: [{ host: api.example.com, ports: [443] }] }`;
const one = `name: one
version: 1.0.0
tasks:
  - { id: call, uses: 'pkg:demo/echo@1.0.0', ${egress} }
`;
const undone = `name: undone
version: 1.0.0
tasks:
  - { id: call, uses: 'pkg:demo/echo@1.0.0', ${egress}, compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: fail, uses: 'pkg:demo/echo@1.0.0', needs: [call] }
`;

const allowed = buildEgressRow({ host: 'api.example.com', verdict: 'allowed', reason: 'listed', count: 2, bytes: 4_000 });
const blocked = buildEgressRow({ count: 3 });
const succeeding = { result: { kind: 'succeeded', outputs: {}, usage: { wallMs: 1 } } } as const;

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
}, 60_000);
afterEach(() => engine.close());

async function runOne(manifest = one): Promise<Awaited<ReturnType<Engine['finish']>>> {
  await engine.publish(manifest);
  const { id } = await engine.start({ workflow: /^name: (\w+)/.exec(manifest)?.[1] ?? '' });
  return engine.finish(id);
}

async function blockedEvents(): Promise<AuditEvent[]> {
  const { items } = await engine.home.deps.table.query({ pk: 'T#acme#AUDIT', prefix: 'evt_', limit: 100 });
  return items.map(({ event }) => AuditEvent.parse(event)).filter(({ type }) => type === 'mc.egress.blocked');
}

function counted(name: 'mc_egress_block_total' | 'mc_egress_would_block_total'): number {
  const { metrics } = engine.home.deps;
  if (!(metrics instanceof MemoryMetrics)) throw new Error('an embedded home counts in memory');
  return metrics.counted(name, { tenant: 'acme' });
}

describe('a task that was blocked', () => {
  test('leaves one audit event with the calls and the count of all, a metric, and a word in its error', async () => {
    engine.simulate(() => ({
      ...failing('fetch failed', false),
      egress: buildEgressTrace([allowed, blocked], { unlisted: 4, blocked: 7 }),
    }));
    const execution = await runOne();
    expect(execution.error?.message).toBe(
      'fetch failed; egress blocked 7 times: evil.example.com:443 (not on the list of the task) and more',
    );
    const [event, ...others] = await blockedEvents();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      subject: execution.id,
      data: {
        actor: { sub: 'service:runner', tenant: 'acme' },
        reason: 'not allowed by the egress of the task',
        details: {
          task: 'call',
          purpose: 'task',
          attempt: 1,
          mode: 'enforce',
          enforced: true,
          blocked: 7,
          wouldBlock: 0,
          unlisted: 4,
          calls: [blocked],
        },
      },
    });
    expect(counted('mc_egress_block_total')).toBe(7);
  });

  test('and caught the error has no error, and the event and its attempt tell of it', async () => {
    engine.simulate(() => ({ ...succeeding, egress: buildEgressTrace([blocked]) }));
    const execution = await runOne();
    expect(execution).toMatchObject({ state: 'succeeded', error: null });
    expect(execution.tasks[0]?.attempts[0]?.egress).toEqual(buildEgressTrace([blocked]));
    expect(await blockedEvents()).toHaveLength(1);
  });

  test('and said very much in its error still has the blocked call in it, within the limit', async () => {
    engine.simulate(() => ({ ...failing('x'.repeat(5_000), false), egress: buildEgressTrace([blocked]) }));
    const { error } = await runOne();
    expect(error?.message).toHaveLength(2_000);
    expect(error?.message).toMatch(/x; egress blocked 3 times: evil\.example\.com:443 \(not on the list of the task\)$/);
  });

  test('while it compensated leaves the same', async () => {
    engine.simulate(({ taskId, idempotencyKey }) =>
      taskId === 'fail'
        ? failing('no', false)
        : { ...succeeding, ...(idempotencyKey.endsWith('/compensation') && { egress: buildEgressTrace([blocked]) }) },
    );
    const execution = await runOne(undone);
    expect(execution.tasks[0]?.compensationAttempts[0]?.egress).toMatchObject({ blocked: 3 });
    expect(await blockedEvents()).toEqual([
      expect.objectContaining({ data: expect.objectContaining({ details: expect.objectContaining({ purpose: 'compensation' }) }) }),
    ]);
    expect(counted('mc_egress_block_total')).toBe(3);
  });
});

describe('a task that was not blocked', () => {
  test('leaves its calls and no event', async () => {
    engine.simulate(() => ({ ...failing('no', false), egress: buildEgressTrace([allowed]) }));
    const execution = await runOne();
    expect(execution.error?.message).toBe('no');
    expect(execution.tasks[0]?.attempts[0]?.egress?.rows).toEqual([allowed]);
    expect(await blockedEvents()).toEqual([]);
    expect(counted('mc_egress_block_total')).toBe(0);
  });

  test('and has no egress leaves nothing', async () => {
    const execution = await runOne();
    expect(execution.tasks[0]?.attempts[0]).not.toHaveProperty('egress');
  });
});

describe('a tenant in shadow mode', () => {
  test('has its tasks run in it from the next attempt on, and what it let through is told apart from what was blocked', async () => {
    const wouldBlock = buildEgressRow({ verdict: 'would-block' });
    engine.simulate(({ egressMode }) => ({ ...failing('no', false), egress: buildEgressTrace([wouldBlock], { mode: egressMode }) }));
    const { table } = engine.home.deps;
    await table.write([{ kind: 'update', key: { pk: 'T#acme', sk: 'TENANT' }, set: { egressMode: 'shadow' } }]);
    const execution = await runOne();
    expect(engine.attempts.map(({ egressMode }) => egressMode)).toEqual(['shadow']);
    expect(execution.error?.message).toBe('no');
    expect(await blockedEvents()).toEqual([
      expect.objectContaining({
        data: expect.objectContaining({
          reason: expect.stringContaining('shadow mode'),
          details: expect.objectContaining({ mode: 'shadow', blocked: 0, wouldBlock: 1, calls: [wouldBlock] }),
        }),
      }),
    ]);
    expect([counted('mc_egress_block_total'), counted('mc_egress_would_block_total')]).toEqual([0, 1]);
  });

  test('is one that was set so; any other enforces', async () => {
    engine.simulate(() => succeeding);
    await engine.home.deps.table.write([{ kind: 'update', key: { pk: 'T#acme', sk: 'TENANT' }, set: {}, remove: ['egressMode'] }]);
    await runOne();
    expect(engine.attempts.map(({ egressMode }) => egressMode)).toEqual(['enforce']);
  });
});

const Trace = z.looseObject({
  monitor: z.looseObject({ type: z.string(), tracePolicy: z.looseObject({}) }),
  monitoredProcess: z.looseObject({ event: z.string() }),
  monitorLog: z.looseObject({ network: z.array(z.looseObject({})) }),
  mc_egress: z.looseObject({ attempts: z.array(z.looseObject({})) }),
});

describe('the record of a run', () => {
  test('has the calls in the receipt, as facts of the step', async () => {
    engine.simulate(() => ({ ...succeeding, egress: buildEgressTrace([allowed, blocked]) }));
    const { id } = await runOne();
    const { bundle } = await getReceipt(engine.home.deps, engine.actor, id);
    const { statement } = verifyBundle(bundle, await engine.home.deps.signer.publicKey());
    const Facts = z.looseObject({
      mc_receipt: z.looseObject({ steps: z.looseObject({ entries: z.array(z.looseObject({ attempts: z.array(z.looseObject({})) })) }) }),
    });
    const [step] = Facts.parse(statement.predicate).mc_receipt.steps.entries;
    expect(step?.attempts[0]).toMatchObject({ egress: buildEgressTrace([allowed, blocked]) });
  });

  test('is listed by attempt, in pages of tasks', async () => {
    engine.simulate(({ taskId }) => ({ ...succeeding, ...(taskId === 'call' && { egress: buildEgressTrace([blocked]) }) }));
    const { id } = await runOne(undone);
    const { items, cursor } = await listRunEgress(engine.home.deps, engine.actor, { id, limit: 1 });
    expect(items).toEqual([{ task: 'call', purpose: 'task', attempt: 1, egress: buildEgressTrace([blocked]) }]);
    const rest = await listRunEgress(engine.home.deps, engine.actor, { id, limit: 1, ...(cursor !== undefined && { cursor }) });
    expect(rest.items).toEqual([]);
  });

  test('is listed in pages, and told as a whole, that a function on AWS may answer, however much its attempts say', async () => {
    const names = Array.from({ length: 90 }, (_, at) => `t${at + 10}`);
    const taskOf = (name: string): string => `  - { id: ${name}, uses: 'pkg:demo/echo@1.0.0', ${egress} }\n`;
    const { id } = await runOne(`name: many\nversion: 1.0.0\ntasks:\n${names.map(taskOf).join('')}`);
    const rows = EgressVerdict.options.flatMap((verdict) =>
      Array.from({ length: maxEgressRows }, (_, at) => buildEgressRow({ verdict, host: String(at).repeat(253), count: 2 })),
    );
    const attempts = Array.from({ length: 11 }, (_, at) => ({
      attempt: at + 1,
      startedAt: '2026-01-15T12:00:00.000Z',
      message: 'x'.repeat(2_000),
      egress: buildEgressTrace(rows),
    }));
    const { deps } = engine.home;
    for (const name of names) {
      const key = taskKey(engine.actor.tenant, id, name);
      await deps.table.write([{ kind: 'update', key, set: { attempts }, conditions: [{ kind: 'present' }] }]);
    }
    const answered = (answer: unknown): number => Buffer.byteLength(JSON.stringify(JSON.stringify(answer)));
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listRunEgress(deps, engine.actor, { id, limit: 100, ...(cursor !== undefined && { cursor }) });
      expect(answered(page)).toBeLessThan(6_000_000);
      listed.push(...page.items.map(({ task, attempt }) => `${task} ${attempt}`));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(listed).toEqual(names.flatMap((name) => attempts.map(({ attempt }) => `${name} ${attempt}`)));

    const whole = await getExecution(deps, engine.actor, id);
    expect(answered(whole)).toBeLessThan(3_000_000);
    expect(whole.tasks[0]?.attempts[0]).toMatchObject(attempts[0] ?? {});
    const last = { message: 'x'.repeat(100), egress: { rows: [], unlisted: 48, blocked: 12, wouldBlock: 12 } };
    expect(whole.tasks.at(-1)?.attempts).toEqual(
      attempts.map(() => expect.objectContaining({ ...last, egress: expect.objectContaining(last.egress) })),
    );
  });

  test('is attested as a runtime trace about the outputs, signed once, however many ask', async () => {
    engine.simulate(() => ({ ...succeeding, egress: buildEgressTrace([allowed, blocked]) }));
    const { id } = await runOne();
    const { deps } = engine.home;
    const asked = await Promise.all([1, 2, 3].map(() => getEgressAttestation(deps, engine.actor, id)));
    const again = await getEgressAttestation(deps, engine.actor, id);
    expect(asked.map((bundle) => JSON.stringify(bundle))).toEqual([1, 2, 3].map(() => JSON.stringify(again)));
    const { outputsDocument } = await getReceipt(deps, engine.actor, id);
    const { statement } = verifyBundle(again, {
      ...(await deps.signer.publicKey()),
      predicateType: 'https://in-toto.io/attestation/runtime-trace/v0.1',
    });
    const receipt = await getReceipt(deps, engine.actor, id);
    const signed = verifyBundle(receipt.bundle, await deps.signer.publicKey()).statement;
    expect(statement.subject).toEqual(signed.subject.filter(({ name }) => name === 'outputs.json'));
    expect(outputsDocument).toBe('{}');
    const trace = Trace.parse(statement.predicate);
    expect(trace.monitoredProcess.event).toBe(id);
    expect(trace.monitor.tracePolicy).toEqual({ allow: [{ task: 'call', egress: [{ host: 'api.example.com', ports: [443] }] }] });
    expect(trace.monitorLog.network).toEqual([
      {
        hostname: 'api.example.com',
        port: 443,
        protocol: 'tcp',
        verdict: 'allowed',
        reason: 'listed',
        count: 2,
        bytes: 4_000,
        task: 'call',
        purpose: 'task',
        attempt: 1,
      },
      expect.objectContaining({ hostname: 'evil.example.com', verdict: 'blocked', count: 3 }),
    ]);
    expect(trace.mc_egress.attempts).toEqual([expect.objectContaining({ mode: 'enforce', enforced: true, blocked: 3 })]);
  });

  test('is not attested before the run is sealed, and not to another tenant', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    engine.simulate(() => ({ ...succeeding, until: promise }));
    await engine.publish(one);
    const { id } = await engine.start({ workflow: 'one' });
    await expect(getEgressAttestation(engine.home.deps, engine.actor, id)).rejects.toMatchObject({ code: 'mc:execution:not-sealed' });
    resolve();
    await engine.finish(id);
    const other = { ...engine.actor, tenant: engine.home.deps.config.ownerTenant };
    for (const ask of [getEgressAttestation(engine.home.deps, other, id), listRunEgress(engine.home.deps, other, { id, limit: 10 })])
      await expect(ask).rejects.toMatchObject({ code: 'mc:execution:not-found' });
  });

  test('of 36 attempts with the longest names fits into one item of the table', () => {
    const rows = (['allowed', 'failed', 'blocked', 'would-block'] as const).flatMap((verdict) =>
      Array.from({ length: maxEgressRows }, () =>
        buildEgressRow({ host: 'x'.repeat(253), verdict, reason: 'private-address', bytes: 2 ** 40, count: 10_000 }),
      ),
    );
    const messages = 36 * 2_000;
    expect(36 * JSON.stringify(buildEgressTrace(rows)).length + messages).toBeLessThan(400 * 1024);
  });
});

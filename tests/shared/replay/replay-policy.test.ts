import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { decisionOp, listDecisions, loneDecisionPk } from '../../../shared/decision/decision-store.ts';
import { emptyReplay, withPage, type Replay } from '../../../cli/replay.ts';
import { renderReplay } from '../../../cli/terminal/render-replay.ts';
import { changedDataBundle } from '../../support/change-bundle-data.ts';
import { replayPolicy } from '../../../shared/replay/replay-policy.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { publishWorkflow } from '../../../shared/publish/publish-workflow.ts';
import { ReplayPage } from '../../../shared/replay/replay.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';
import { buildActor } from '../../support/build-deps.ts';
import { buildDecision } from '../../support/build-decision.ts';
import { buildInput } from '../../support/build-policy-input.ts';

const calling = (name: string, host: string): string => `name: ${name}
version: 1.0.0
dataClass: internal
tasks:
  - { id: only, uses: 'pkg:demo/echo@1.0.0', egress: { allow: [{ host: ${host}, ports: [443] }] } }
`;

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
  await engine.publish(calling('one', 'api.example.com'));
  await engine.publish(calling('two', 'other.example.com'));
}, 60_000);
afterEach(() => engine.close());

/** The shipped pack about egress with another list of hosts. */
async function candidate(hosts: string[]): Promise<Uint8Array> {
  const shipped = readFileSync(new URL('../../../policy/packs/egress/bundle.tar.gz', import.meta.url));
  return changedDataBundle(shipped, 'egress', { allowed_hosts: hosts });
}

async function replay(archive: Uint8Array, limit = 2_500, actor = engine.actor): Promise<Replay> {
  let whole: Replay | undefined;
  let cursor: string | undefined;
  do {
    const request = { archive, since: 0, limit };
    const page = await replayPolicy(engine.home.deps, actor, cursor === undefined ? request : { ...request, cursor });
    expect(ReplayPage.parse(page)).toEqual(page);
    whole = withPage(whole ?? emptyReplay(page), page);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return whole;
}

async function runAll(): Promise<string[]> {
  const runs = await Promise.all(['one', 'two', 'two'].map((workflow) => engine.start({ workflow })));
  await Promise.all(runs.map(({ id }) => engine.finish(id)));
  return runs.map(({ id }) => id);
}

describe('a replay of recorded decisions', () => {
  test('names who would have been denied, by which rule, and what those runs cost', async () => {
    const [, second, third] = await runAll();
    const found = await replay(await candidate(['api.example.com']));
    expect(found).toMatchObject({ pack: 'egress', judged: 5, unchanged: 2, newlyAllowed: 0 });
    const started = found.newlyDenied.filter(({ point }) => point === 'start');
    expect(started.map(({ executionId }) => executionId).sort()).toEqual([second, third].sort());
    expect(started[0]).toMatchObject({
      subject: engine.actor.sub,
      workflow: 'two@1.0.0',
      reasons: [{ pack: 'egress', rule: 'egress.host_not_allowed', input: expect.stringContaining('other.example.com') }],
      measuredCostUSD: expect.any(Number),
    });
    expect(found.measuredCostUSD).toBeGreaterThan(0);
    const shown = renderReplay(found, '30d');
    expect(shown).toMatch(/3 decisions would have been denied that were allowed/);
    expect(shown).toContain('What would make them pass:');
  });

  test('counts denials that the candidate would have let through', async () => {
    const text = calling('three', 'api.example.com').replace('443', '8443');
    const { workflow } = await createWorkflow(engine.home.deps, engine.actor, { text, mediaType: 'application/yaml' });
    expect((await publishWorkflow(engine.home.deps, engine.actor, { id: workflow.id })).kind).toBe('denied');
    const shipped = readFileSync(new URL('../../../policy/packs/egress/bundle.tar.gz', import.meta.url));
    const found = await replay(await changedDataBundle(shipped, 'egress', { allowed_ports: [443, 8443] }));
    expect(found).toMatchObject({ judged: 3, unchanged: 2, newlyAllowed: 1, newlyDenied: [] });
  });

  test('obeys the rule data that the tenant had when it was decided', async () => {
    const { actor, home } = engine;
    const { deps } = home;
    await deps.table.write([
      { kind: 'update', key: { pk: 'T#acme', sk: 'TENANT' }, set: { data: { egress: { allowed_hosts: ['api.example.com'] } } } },
    ]);
    expect((await startExecution(deps, actor, { workflow: 'two' })).kind).toBe('denied');
    expect(await replay(await candidate(['*']))).toMatchObject({ newlyAllowed: 0, newlyDenied: [] });
  });

  test('is the same whatever the size of its pages', async () => {
    await runAll();
    const archive = await candidate(['api.example.com']);
    expect(await replay(archive, 1)).toEqual(await replay(archive));
  });

  test('goes on where its page before ended, although the begin of its period has moved on', async () => {
    await runAll();
    const request = { archive: await candidate(['api.example.com']), limit: 2 };
    const first = await replayPolicy(engine.home.deps, engine.actor, { ...request, since: 0 });
    const { cursor = '' } = first;
    const next = await replayPolicy(engine.home.deps, engine.actor, { ...request, limit: 100, since: Date.now() + 3_600_000, cursor });
    expect([first.judged, next.judged]).toEqual([2, 3]);
  });

  test('ends a page early where more would be too much for an answer, and leaves nothing out', async () => {
    const { actor, home } = engine;
    const input = buildInput({ home: 'EU', tasks: Array.from({ length: 20 }, () => 'EU') });
    for (const task of input.workflow.tasks) task.egress = [{ host: `${task.id}.example.com`, ports: [443] }];
    const ids = Array.from({ length: 420 }, () => home.deps.ids.next('dec'));
    for (const id of ids) await home.deps.table.write([decisionOp(loneDecisionPk(actor.tenant, id), buildDecision({ id, input }))]);
    const archive = await candidate(['api.example.com']);
    const page = await replayPolicy(home.deps, actor, { archive, since: 0, limit: 2_500 });
    expect(Buffer.byteLength(JSON.stringify(JSON.stringify(page)))).toBeLessThan(6_000_000);
    expect(page.judged).toBeLessThan(ids.length);
    const whole = await replay(archive);
    expect(whole.newlyDenied.map(({ decisionId }) => decisionId)).toEqual(expect.arrayContaining(ids));
    // The two publications of every test are judged too.
    expect(whole.judged).toBe(ids.length + 2);
  }, 60_000);

  test('refuses a cursor of another list', async () => {
    const request = { archive: await candidate([]), since: 0, limit: 1 };
    const { cursor } = await listDecisions(engine.home.deps, engine.actor.tenant, { limit: 1 });
    const refused = replayPolicy(engine.home.deps, engine.actor, { ...request, cursor: String(cursor) });
    await expect(refused).rejects.toMatchObject({ code: 'mc:request:invalid', issues: [{ pointer: '/cursor' }] });
  });

  test('sees the decisions of its own tenant only', async () => {
    await runAll();
    expect(await replay(await candidate([]), 100, buildActor(['admin'], 'other'))).toMatchObject({ judged: 0, newlyDenied: [] });
  });

  test('counts a candidate that gives no verdict as a denial, with the reason', async () => {
    await runAll();
    // This one has nothing to say about the region US.
    const found = await replay(readFileSync(new URL('../../fixtures/policy/odd/bundle.tar.gz', import.meta.url)));
    expect(found.judged).toBe(3);
    expect(found.newlyDenied.map(({ failure, reasons }) => ({ failure, reasons }))).toEqual(
      [1, 2, 3].map(() => ({ failure: expect.stringMatching(/\S/), reasons: [] })),
    );
    expect(renderReplay(found, '30d')).toContain('no verdict:');
    expect(renderReplay(found, '30d')).not.toContain('What would make them pass');
  });

  test('refuses what is no bundle', async () => {
    const request = { archive: Buffer.from('no bundle'), since: 0, limit: 10 };
    await expect(replayPolicy(engine.home.deps, engine.actor, request)).rejects.toMatchObject({ code: 'mc:policy:bundle-refused' });
  });
});

/** What is due goes, all of it and nothing else, and whoever asks afterwards is told why. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { actOnExecution } from '../../../shared/execution/actions/act-on-execution.ts';
import { dispatchTask } from '../../../shared/execution/dispatch/dispatch-task.ts';
import { headKey } from '../../../shared/execution/execution-record.ts';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import { listEvidence } from '../../../shared/evidence/list-evidence.ts';
import { findExecution } from '../../../shared/execution/execution-store.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { readLogs } from '../../../shared/execution/read/read-logs.ts';
import { listExecutions } from '../../../shared/execution/read/list-executions.ts';
import { monitorLog } from '../../../shared/log-monitor/monitor-log.ts';
import { idSchema } from '../../../shared/core/id.ts';
import type { Digest } from '../../../shared/core/digest.ts';
import { McError } from '../../../shared/core/errors.ts';
import type { BlobKind } from '../../../shared/port/blob-store.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { large, openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

const ExecutionId = idSchema('exec');

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(async () => home.close());

const find = async (kind: BlobKind, digest: Digest): Promise<Uint8Array | undefined> =>
  home.home.deps.blobs.find(home.actor.tenant, kind, digest);

async function headOf(id: string) {
  const head = await findExecution(home.home.deps, home.actor.tenant, ExecutionId.parse(id));
  if (!head) throw new Error('no head');
  return head;
}

const purged = { code: 'mc:execution:purged', message: expect.stringContaining('receipts of succeeded runs after 2557 days') };

test('logs go after 90 days, everything else stays, and reading them says by which rule they went', async () => {
  const run = await home.run();
  const digests = run.tasks.flatMap(({ attempts }) => attempts.flatMap(({ logDigest }) => logDigest ?? []));
  expect(digests).toHaveLength(2);
  expect(await home.purge(89)).toMatchObject({ purges: 0, isDone: true });
  expect(await home.purge(91)).toMatchObject({ purges: 1, isDone: true });
  for (const digest of digests) expect(await find('log', digest)).toBeUndefined();
  await expect(readLogs(home.home.deps, home.actor, { id: run.id })).rejects.toMatchObject({
    code: 'mc:execution:purged',
    message: expect.stringContaining('logs of succeeded runs after 90 days'),
  });
  expect(await getExecution(home.home.deps, home.actor, run.id)).toMatchObject({ state: 'succeeded', outputs: { word: large } });
  expect((await getReceipt(home.home.deps, home.actor, run.id)).outputsDocument).toContain(large);
  expect(await home.purge(92)).toMatchObject({ purges: 0 });
});

describe('after seven years', () => {
  test('the run goes as a whole: rows, values, receipt; a tombstone stays, and a signed manifest that verifies', async () => {
    const run = await home.run();
    const head = await headOf(run.id);
    expect(await find('data', head.inputs.digest)).toBeDefined();
    const values = [head.inputs, ...(head.outputs ? [head.outputs] : [])];
    await home.purge(receiptDaysMin + 1);
    for (const { digest } of values) expect(await find('data', digest)).toBeUndefined();
    const { items } = await home.home.deps.table.query({ pk: `T#acme#X#${run.id}`, limit: 100 });
    expect(items.map(({ sk }) => sk)).toEqual(['EXEC']);
    expect((await listExecutions(home.home.deps, home.actor, { limit: 10 })).items).toEqual([]);
    const purge = (await queryPurges(home.home.deps, home.actor.tenant, { limit: 10 })).items.find(({ kind }) => kind === 'receipts');
    expect(purge).toMatchObject({ kind: 'receipts', state: 'done', counts: { runs: 1, held: 0, shared: 0, locked: 0 } });
    expect(items[0]).toMatchObject({ tombstone: { purge: purge?.id, manifest: purge?.manifest, executionId: run.id } });
    const bundle: unknown = JSON.parse(Buffer.from((await find('receipt', purge!.manifest!))!).toString());
    const { pem } = await home.home.deps.signer.publicKey();
    const { statement } = verifyBundle(bundle, { pem, predicateType: 'https://maestro-conductor.dev/attestations/deletion/v1' });
    expect(statement.predicate).toMatchObject({ runs: [{ id: run.id, rule: 'receipts of succeeded runs after 2557 days' }], held: [] });
    // The inventory, two logs, the receipt, and the value that inputs and outputs share.
    expect(statement.subject.length).toBeGreaterThanOrEqual(5);
    expect((await monitorLog(home.home.deps)).differences).toEqual([]);
  });

  test('whoever asks for the run is told that it was purged, by every way there is', async () => {
    const run = await home.run();
    await home.purge(receiptDaysMin + 1);
    const { deps } = home.home;
    const ways: (() => Promise<unknown>)[] = [
      () => getExecution(deps, home.actor, run.id),
      () => getReceipt(deps, home.actor, run.id),
      () => readLogs(deps, home.actor, { id: run.id }),
      () => listEvidence(deps, home.actor, { id: run.id, limit: 10, origin: 'http://127.0.0.1' }),
      () => openDisclosure(deps, home.actor, { id: run.id }),
      () => actOnExecution(deps, home.actor, { action: 'replay', id: run.id, reason: 'again' }),
      () => actOnExecution(deps, home.actor, { action: 'retry', id: run.id, reason: 'again' }),
      () => actOnExecution(deps, home.actor, { action: 'cancel', id: run.id, reason: 'again' }),
    ];
    for (const way of ways) await expect(way()).rejects.toMatchObject(purged);
  });

  test('a key that was used for it, and a late message of one of its tasks, bring nothing back', async () => {
    const request = { workflow: 'aged', inputs: { word: large }, idempotencyKey: 'the-same' };
    const run = await home.finish((await home.start(request)).id);
    await home.run();
    await home.purge(receiptDaysMin + 1);
    const before = home.attempts.length;
    await expect(home.start(request)).rejects.toMatchObject(purged);
    await dispatchTask(home.home.deps, { tenant: home.actor.tenant, executionId: ExecutionId.parse(run.id), taskId: 'second' });
    expect(home.attempts).toHaveLength(before);
    const { items } = await home.home.deps.table.query({ pk: `T#acme#X#${run.id}`, limit: 100 });
    expect(items.map(({ sk }) => sk)).toEqual(['EXEC']);
  });

  test('an id that is used again is refused by the write that would begin the run', async () => {
    const run = await home.run();
    await home.purge(receiptDaysMin + 1);
    const { deps } = home.home;
    const again = {
      ...deps,
      ids: { ...deps.ids, next: (prefix: string) => (prefix === 'exec' ? run.id : deps.ids.next(prefix as 'evt')) },
    };
    const { startExecution } = await import('../../../shared/execution/admit/start-execution.ts');
    await expect(startExecution(again as typeof deps, home.actor, { workflow: 'aged', inputs: { word: 'new' } })).rejects.toThrow();
    const head = await deps.table.get(headKey(home.actor.tenant, ExecutionId.parse(run.id)));
    expect(head).toHaveProperty('tombstone');
    expect(head).not.toHaveProperty('state');
  });
});

test('a value that a younger run has too stays until the last of them goes', async () => {
  const first = await home.run();
  const { inputs } = await headOf(first.id);
  const { deps } = home.home;
  // The second run began years later.
  const young = home.later(receiptDaysMin);
  const { startExecution } = await import('../../../shared/execution/admit/start-execution.ts');
  const second = await startExecution({ ...deps, clock: young.clock }, home.actor, { workflow: 'aged', inputs: { word: large } });
  if (second.kind === 'denied') throw new McError('mc:host:overloaded', 'denied');
  await home.finish(second.execution.id);
  await home.purge(receiptDaysMin + 2);
  await expect(getExecution(deps, home.actor, first.id)).rejects.toMatchObject(purged);
  expect(await find('data', inputs.digest)).toBeDefined();
  expect(await getExecution(deps, home.actor, second.execution.id)).toMatchObject({ outputs: { word: large } });
});

/** What tenants gave and what tasks answered and printed does not lie on the disk as it is; what an earlier version wrote in the open is still read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { canonicalJson, type Json } from '../../../shared/core/json/canonical-json.ts';
import { FileBlobs } from '../../../shared/embedded/blobs/file-blobs.ts';
import { SmallBlobs } from '../../../shared/embedded/blobs/small-blobs.ts';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { actOnExecution } from '../../../shared/execution/actions/act-on-execution.ts';
import { headKey, taskKey } from '../../../shared/execution/execution-record.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { readLogs } from '../../../shared/execution/read/read-logs.ts';
import { listEvidence } from '../../../shared/evidence/list-evidence.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const canary = 'canary-7f3a91';
const ExecutionId = idSchema('exec');
const manifest = `name: quiet
version: 1.0.0
inputs: { word: { type: string } }
tasks:
  - { id: say, uses: 'pkg:demo/echo@1.0.0', with: { word: '\${{ inputs.word }}-said' } }
  - { id: tell, uses: 'pkg:demo/echo@1.0.0', needs: [say], with: { word: '\${{ tasks.say.outputs.word }}' } }
outputs: { word: '\${{ tasks.tell.outputs.word }}' }
`;

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
  await engine.publish(manifest);
  engine.simulate((spec) => ({
    result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } },
    log: [{ at: 1, stream: 'stdout', text: `printed ${canary}` }],
  }));
}, 60_000);
afterEach(async () => engine.close());

/** Files of the data folder that hold this text, plain or in base64. */
function filesWith(text: string): string[] {
  const spellings = [
    text,
    ...[0, 1, 2].map((shift) =>
      Buffer.from('x'.repeat(shift) + text)
        .toString('base64')
        .slice(shift === 0 ? 0 : 4, -4),
    ),
  ];
  const files = readdirSync(engine.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return spellings.some((spelling) => bytes.includes(spelling));
    });
}

const run = async (word: string): Promise<string> => {
  const { id, state } = await engine.finish((await engine.start({ workflow: 'quiet', inputs: { word } })).id);
  expect(state).toBe('succeeded');
  return id;
};

describe('the data folder', () => {
  test.each([
    ['small', canary],
    ['as large as a row takes', canary.repeat(1_000)],
    ['as large as a file', canary.repeat(20_000)],
    ['in frames', canary.repeat(100_000)],
  ])('holds no input, output or log in the open (%s)', async (_, word) => {
    const id = await run(word);
    const { digest } = await uploadFile(engine.home.deps, engine.actor, { name: 'f.txt', bytes: Buffer.from(`file ${canary}`) });
    expect(filesWith(canary)).toEqual([]);
    const { deps } = engine.home;
    expect((await getExecution(deps, engine.actor, id)).outputs).toEqual({ word: `${word}-said` });
    expect((await readLogs(deps, engine.actor, { id })).lines.map(({ text }) => text)).toContain(`printed ${canary}`);
    expect(Buffer.from((await deps.blobs.find(engine.actor.tenant, 'data', digest)) ?? []).toString()).toBe(`file ${canary}`);
  });

  test('would hold them, if nothing sealed: this test finds what it looks for', async () => {
    await engine.home.deps.table.write([{ kind: 'put', item: { pk: 'T#acme#TEST', sk: 'OPEN', text: canary } }]);
    expect(filesWith(canary)).not.toEqual([]);
  });
});

describe('the stores of the home', () => {
  test('refuse what is not sealed', async () => {
    const { table } = engine.home.deps;
    const store = new SmallBlobs(table, new FileBlobs(join(engine.folder, 'blobs')));
    for (const bytes of [Buffer.from(canary), Buffer.alloc(100_000, canary)])
      await expect(store.put({ tenant: engine.actor.tenant, kind: 'log', digest: digestBytes(bytes) }, bytes)).rejects.toMatchObject({
        code: 'mc:store:plaintext',
      });
    expect(filesWith(canary)).toEqual([]);
  });
});

describe('a run that 0.2.0 stored', () => {
  test('is read, listed as evidence and replayed', async () => {
    const id = await run('old');
    const { deps } = engine.home;
    const { tenant } = engine.actor;
    const inOpen = (value: Json): Json => ({
      digest: digestBytes(canonicalJson(value)),
      sizeBytes: canonicalJson(value).length,
      inline: value,
    });
    const head = headKey(tenant, ExecutionId.parse(id));
    const outputs = inOpen({ word: 'old-said' });
    await deps.table.write([
      { kind: 'update', key: head, set: { inputs: inOpen({ word: 'old' }), outputs } },
      { kind: 'update', key: taskKey(tenant, ExecutionId.parse(id), 'say'), set: { outputs } },
      { kind: 'update', key: taskKey(tenant, ExecutionId.parse(id), 'tell'), set: { outputs } },
    ]);
    const { items } = await deps.table.query({ pk: `T#${tenant}#BLOB#log`, limit: 10 });
    for (const { pk, sk } of items) {
      const text = Buffer.from((await deps.blobs.find(tenant, 'log', `sha256:${sk}`)) ?? []).toString();
      expect(hexOf(digestBytes(text))).toBe(sk);
      await deps.table.write([{ kind: 'put', item: { pk, sk, text } }]);
    }
    expect((await getExecution(deps, engine.actor, id)).outputs).toEqual({ word: 'old-said' });
    expect((await readLogs(deps, engine.actor, { id })).lines).not.toHaveLength(0);
    const { artifacts } = await listEvidence(deps, engine.actor, { id, origin: 'http://127.0.0.1', limit: 20 });
    expect(artifacts.map(({ name }) => name)).toContain('outputs.json');
    const again = await actOnExecution(deps, engine.actor, { action: 'replay', id, reason: 'to see' });
    if (again.kind === 'denied') throw new Error('denied');
    expect((await engine.finish(again.execution.id)).outputs).toEqual({ word: 'old-said' });
  });
});

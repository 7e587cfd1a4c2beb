/** `maestro log` against a running home, and against homes that lie. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiProblem } from '../../cli/client/api-problem.ts';
import { auditLog } from '../../cli/log/audit-log.ts';
import { proveBundle } from '../../cli/log/prove-bundle.ts';
import { trustCheckpoint, type LogClient } from '../../cli/log/published-log.ts';
import { McError } from '../../shared/core/errors.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { integrateLog } from '../../shared/log/integrate-log.ts';
import { logEntryOp } from '../../shared/log/log-entry-op.ts';
import { logIdentity, type LogIdentity } from '../../shared/log/log-identity.ts';
import { newestCheckpoint } from '../../shared/log/newest-checkpoint.ts';
import { readTile } from '../../shared/log/read-tile.ts';
import { withLogEntry } from '../../shared/log/with-log-entry.ts';
import type { Bundle } from '../../shared/receipt/bundle.ts';
import { signStatement } from '../support/receipt/sign-statement.ts';
import { buildDeps, type TestHome } from '../support/build-deps.ts';
import { buildStatement } from '../support/build-statement.ts';

const invalid = expect.objectContaining({ code: 'mc:receipt:invalid' });
const inconsistent = expect.objectContaining({ code: 'mc:log:inconsistent' });

/** A log in one home, seen through the same calls as over HTTP. */
interface Seen {
  home: TestHome;
  client: LogClient;
  logs: LogIdentity[];
  pem: string;
  /** Logs so many statements; answers the last one's bundle with its entry. */
  grow(count: number): Promise<Bundle>;
}

async function openSeen(logKey?: TestHome['deps']['logKey']): Promise<Seen> {
  const home = buildDeps({ clock: systemClock, ...(logKey && { logKey }) });
  const { deps } = home;
  const { pem } = await deps.signer.publicKey();
  const client: LogClient = {
    getLogCheckpoint: async () => (await newestCheckpoint(deps)).note,
    getLogTile: async (path) => new Uint8Array((await readTile(deps, `tile/${path}`)).bytes),
  };
  const grow = async (count: number): Promise<Bundle> => {
    const signed = await Promise.all(Array.from({ length: count }, () => signStatement(deps.signer, buildStatement())));
    const entries = signed.map((bundle, at) => ({ bundle, ...logEntryOp(bundle, pem, { pk: 'T#acme#X', sk: `R${at}` }) }));
    for (const { op } of entries) await deps.table.write([op]);
    await integrateLog(deps);
    const last = entries.at(-1);
    if (!last) throw new Error('nothing was logged');
    return withLogEntry(deps, last.bundle, last.leaf);
  };
  return { home, client, pem, grow, logs: [logIdentity(await deps.logKey.publicKey())] };
}

let honest: Seen;
let early: Bundle;
let earlyNote: string;
let forked: Seen;
beforeAll(async () => {
  honest = await openSeen();
  early = await honest.grow(130);
  earlyNote = await honest.client.getLogCheckpoint();
  await honest.grow(500);
  // The same key over other entries: what a home shows that keeps two logs.
  forked = await openSeen(honest.home.deps.logKey);
  await forked.grow(700);
});
afterAll(() => {
  honest.home.close();
  forked.home.close();
});

/** The honest home, but for some answers. */
function lying(change: Partial<LogClient>): LogClient {
  return { ...honest.client, ...change };
}

const flipped = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte));

describe('an audit', () => {
  test('hashes everything anew and agrees with the checkpoint of before', async () => {
    const { logs, client } = honest;
    const { checkpoint, tiles } = await auditLog(client, { logs, earlier: trustCheckpoint(earlyNote, logs) });
    // Two full bundles and the two tiles over them.
    expect([checkpoint.size, tiles]).toEqual([630, 4]);
  });

  const lies: [string, () => LogClient][] = [
    [
      'a changed entry',
      () => lying({ getLogTile: async (path) => (path === 'entries/001' ? flipped : same)(await honest.client.getLogTile(path)) }),
    ],
    [
      'a changed entry behind the last full bundle',
      () => lying({ getLogTile: async (path) => (path.includes('.p/') ? flipped : same)(await honest.client.getLogTile(path)) }),
    ],
    [
      'a changed tile',
      () => lying({ getLogTile: async (path) => (path === '0/001' ? flipped : same)(await honest.client.getLogTile(path)) }),
    ],
    [
      'a checkpoint over another tree',
      () =>
        lying({
          getLogCheckpoint: () => forked.client.getLogCheckpoint(),
          getLogTile: (path) => honest.client.getLogTile(path.replace('.p/188', '.p/118')),
        }),
    ],
    [
      'a checkpoint that nobody signed',
      () => lying({ getLogCheckpoint: async () => (await honest.client.getLogCheckpoint()).replace('630', '629') }),
    ],
  ];
  const same = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => bytes;

  test.each(lies)('finds %s', async (_what, build) => {
    await expect(auditLog(build(), { logs: honest.logs })).rejects.toMatchObject({
      code: expect.stringMatching(/^mc:(log:inconsistent|log:damaged|receipt:invalid)$/),
    });
  });

  test('finds a log that was replaced, or cut back, since the checkpoint of before', async () => {
    const { logs } = honest;
    const earlier = trustCheckpoint(await honest.client.getLogCheckpoint(), logs);
    await expect(auditLog(forked.client, { logs, earlier })).rejects.toThrow(/has another root/);
    await expect(auditLog(forked.client, { logs, earlier })).rejects.toEqual(inconsistent);
    const shorter = { ...earlier, size: 701 };
    await expect(auditLog(forked.client, { logs, earlier: shorter })).rejects.toThrow(/had 701 entries, and has 700 now/);
  });

  test('finds a log that is gone, or that does not give what it signed', async () => {
    const { logs } = honest;
    const earlier = trustCheckpoint(earlyNote, logs);
    const empty = await openSeen(honest.home.deps.logKey);
    await expect(auditLog(empty.client, { logs, earlier })).rejects.toThrow(/had 130 entries, and has none now/);
    await expect(auditLog(empty.client, { logs })).rejects.toMatchObject({ code: 'mc:log:not-found' });
    // Without the bundles behind it, and as a home over HTTP says it.
    const gone = new ApiProblem(404, { code: 'mc:log:not-found', title: 'gone' });
    for (const error of [gone, new McError('mc:log:not-found', 'gone')]) {
      const client = lying({ getLogTile: (path) => (path === '0/001' ? Promise.reject(error) : honest.client.getLogTile(path)) });
      await expect(auditLog(client, { logs })).rejects.toThrow(/signed that it has tile\/0\/001, and does not give it/);
    }
    const silent = lying({ getLogTile: () => Promise.reject(new ApiProblem(503, { code: 'mc:host:unreachable', title: 'silent' })) });
    await expect(auditLog(silent, { logs })).rejects.toMatchObject({ status: 503 });
    empty.home.close();
  });

  test('refuses bundles with something behind their entries', async () => {
    for (const end of ['.p/118', 'entries/000']) {
      const pad = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
        const bytes = await honest.client.getLogTile(path);
        return path.startsWith('entries') && path.endsWith(end) ? Uint8Array.from([...bytes, 0, 0]) : bytes;
      };
      await expect(auditLog(lying({ getLogTile: pad }), { logs: honest.logs })).rejects.toThrow(/entries take/);
    }
  });

  test('wants a checkpoint of a log that is trusted', async () => {
    await expect(auditLog(honest.client, { logs: [] })).rejects.toEqual(invalid);
    expect(() => trustCheckpoint('no note', honest.logs)).toThrow(invalid);
  });
});

describe('a proof', () => {
  test('shows that a receipt is still there, and that the log only grew', async () => {
    const proof = await proveBundle(honest.client, early, honest);
    expect([proof.issued.size, proof.newest.size]).toEqual([130, 630]);
    expect(proof.consistency.length).toBeGreaterThan(0);
  });

  test('fails in a log that has something else there, or that is another', async () => {
    await expect(proveBundle(forked.client, early, honest)).rejects.toThrow(/any more/);
    const other = await openSeen();
    await other.grow(140);
    await expect(proveBundle(other.client, early, { pem: honest.pem, logs: [...honest.logs, ...other.logs] })).rejects.toThrow(
      /stands in the log/,
    );
    other.home.close();
  });

  test('fails for tiles that do not lead to the checkpoint', async () => {
    const client = lying({ getLogTile: async (path) => flipped(await honest.client.getLogTile(path)) });
    await expect(proveBundle(client, early, honest)).rejects.toEqual(inconsistent);
    const short = lying({ getLogTile: async (path) => (await honest.client.getLogTile(path)).slice(1) });
    await expect(proveBundle(short, early, honest)).rejects.toThrow(/bytes, and should have/);
  });

  test('needs a bundle that is logged', async () => {
    const bundle = { ...early, verificationMaterial: { ...early.verificationMaterial, tlogEntries: [] } };
    await expect(proveBundle(honest.client, bundle, honest)).rejects.toThrow(/no transparency log/);
  });
});

test('an earlier checkpoint may end anywhere in the log', async () => {
  const seen = await openSeen();
  const folder = mkdtempSync(join(tmpdir(), 'mc-log-'));
  try {
    const notes: string[] = [];
    for (const count of [1, 2, 253, 1, 20]) {
      await seen.grow(count);
      notes.push(await seen.client.getLogCheckpoint());
    }
    for (const text of notes) {
      const file = join(folder, 'state');
      writeFileSync(file, text);
      const earlier = trustCheckpoint(readFileSync(file, 'utf8'), seen.logs);
      expect((await auditLog(seen.client, { logs: seen.logs, earlier })).checkpoint.size).toBe(277);
    }
  } finally {
    rmSync(folder, { recursive: true });
    seen.home.close();
  }
});

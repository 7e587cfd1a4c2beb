import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { fileHomeStatement } from '../../../shared/backup/file-home-statement.ts';
import { SoftwareLogKey } from '../../../shared/embedded/keys/software-log-key.ts';
import { integrateLog } from '../../../shared/log/integrate-log.ts';
import { logIdentity } from '../../../shared/log/log-identity.ts';
import { readHead } from '../../../shared/log/log-store.ts';
import { listLogs, retireLog } from '../../../shared/log/retired-logs.ts';
import { withLogEntry } from '../../../shared/log/with-log-entry.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';

let home: TestHome;
beforeEach(() => void (home = buildDeps()));
afterEach(() => home.close());

const newKey = (): SoftwareLogKey => new SoftwareLogKey(generateKeyPairSync('ed25519').privateKey);

async function state(deps: Deps, name: string): Promise<Bundle> {
  return fileHomeStatement(deps, {
    key: { pk: 'T#local#NOTE', sk: name },
    statement: {
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: predicateTypes.testResult,
      subject: [{ name, digest: { sha256: 'ab'.repeat(32) } }],
      predicate: { result: 'PASSED', configuration: [] },
    },
    change: { type: 'mc.home.backup', subject: name, reason: 'test' },
  });
}

const Row = z.looseObject({ leaf: z.string() });

async function leafOf(name: string): Promise<string> {
  return Row.parse(await home.table.get({ pk: 'T#local#NOTE', sk: name })).leaf;
}

const bare = (bundle: Bundle): Bundle => ({ ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [] } });

describe('a log that was retired', () => {
  test('still gives its entries the same proofs, also over full tiles and after two further logs', async () => {
    const file = async (at: number): Promise<{ name: string; bundle: Bundle }> => {
      const name = `n${at}`;
      return { name, bundle: await state(home.deps, name) };
    };
    // Those filed at once go into the log together, which is quick; the end of the full tile is passed one by one.
    const filed = await Promise.all(Array.from({ length: 250 }, (_, at) => file(at)));
    for (let at = 250; at < 300; at += 1) filed.push(await file(at));
    const ended = await retireLog(home.deps);
    expect(ended).toMatchObject({ size: 300, note: expect.stringContaining('\n300\n') });
    const second = { ...home.deps, logKey: newKey() };
    await state(second, 'between');
    await retireLog(second);
    const third = { ...home.deps, logKey: newKey() };
    await state(third, 'after');

    const { pem } = await home.deps.signer.publicKey();
    const logs = await listLogs(third);
    expect(logs).toHaveLength(3);
    for (const index of ['0', '255', '256', '299']) {
      const { name, bundle } =
        filed.find(({ bundle: { verificationMaterial } }) => verificationMaterial.tlogEntries?.[0]?.logIndex === index) ?? {};
      if (name === undefined || !bundle) throw new Error('there are 300');
      const again = await withLogEntry(third, bare(bundle), await leafOf(name));
      expect(again).toEqual(bundle);
      expect(verifyBundle(again, { pem, logs, requireLog: true }).log).not.toBeNull();
    }
    expect((await readHead(third))?.size).toBe(1);
  }, 60_000);

  test('is one of 63 at most: the next is refused before anything changes, and one that was begun is carried on', async () => {
    const end = async (deps: Deps): Promise<string> => (await retireLog(deps)).sk;
    for (let ended = 0; ended < 62; ended += 1) await end({ ...home.deps, logKey: newKey() });
    const last = { ...home.deps, logKey: newKey() };
    await state(last, 'last');
    const origin = await end(last);
    const next = { ...home.deps, logKey: newKey() };
    await state(next, 'next');
    const before = await readHead(next);
    await expect(retireLog(next)).rejects.toMatchObject({
      code: 'mc:log:too-many',
      message: expect.stringContaining('63 logs of this home'),
    });
    expect(await readHead(next)).toEqual(before);
    expect(await listLogs(next)).toHaveLength(64);
    // As after a crash in the middle of it.
    expect(await end(last)).toBe(origin);
  });

  test('takes no entry more: its key cannot begin it again', async () => {
    await state(home.deps, 'first');
    await retireLog(home.deps);
    await expect(state(home.deps, 'second')).rejects.toMatchObject({
      code: 'mc:log:damaged',
      message: expect.stringContaining('has ended'),
    });
    expect(await readHead(home.deps)).toBeUndefined();
    // What was filed waits, and goes into the next log.
    const next = { ...home.deps, logKey: newKey() };
    expect(await integrateLog(next)).toBe(1);
  });

  test('is retired once, however often that is tried', async () => {
    await state(home.deps, 'first');
    const ended = await retireLog(home.deps);
    expect(await retireLog(home.deps)).toEqual(ended);
    expect((await listLogs({ ...home.deps, logKey: newKey() })).map(({ origin }) => origin)).toContain(
      logIdentity(await home.deps.logKey.publicKey()).origin,
    );
  });

  test('has the checkpoint of a batch that a crash left unfinished', async () => {
    await state(home.deps, 'first');
    const dying = {
      ...home.deps,
      faults: {
        hit: (point: string) => {
          if (point === 'log:after-commit') throw new Error('killed');
        },
      },
    };
    await expect(state(dying, 'second')).rejects.toThrow('killed');
    const ended = await retireLog(home.deps);
    expect(ended.size).toBe(2);
    const next = { ...home.deps, logKey: newKey() };
    expect((await state(next, 'third')).verificationMaterial.tlogEntries?.[0]?.logIndex).toBe('0');
  });
});

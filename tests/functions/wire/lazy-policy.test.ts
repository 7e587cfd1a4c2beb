import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lazyPolicy } from '../../../functions/wire/lazy-policy.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { buildInput } from '../../support/build-policy-input.ts';

const packs = fileURLToPath(new URL('../../../policy/packs/', import.meta.url));
const own = { name: 'own', version: '1.0.0', digest: digestBytes('own') };
let folder: string;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'mc-lazy-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the policy of a function', () => {
  test('is loaded at the first question, and again at the next when it could not be loaded', async () => {
    const policy = lazyPolicy(folder);
    await expect(policy.evaluate('start', buildInput(), [])).rejects.toMatchObject({ code: 'mc:policy:unavailable' });
    cpSync(packs, folder, { recursive: true });
    expect(await policy.evaluate('start', buildInput(), [])).toContainEqual(
      expect.objectContaining({ pack: 'residency', verdict: 'allow' }),
    );
  });

  test("stays loaded when a tenant's own pack fails", async () => {
    cpSync(packs, folder, { recursive: true });
    const load = (): Promise<Uint8Array> => Promise.reject(new Error('it is gone'));
    const policy = lazyPolicy(folder, { own: { load } });
    await expect(policy.evaluate('start', buildInput(), [own])).rejects.toMatchObject({ code: 'mc:policy:unavailable' });
    rmSync(folder, { recursive: true });
    expect(await policy.evaluate('start', buildInput(), [])).toContainEqual(
      expect.objectContaining({ pack: 'residency', verdict: 'allow' }),
    );
  });
});

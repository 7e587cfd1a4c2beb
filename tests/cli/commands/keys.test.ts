/** The commands around keys, as processes on a running home. */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import type { KeyRotation } from '../../../shared/rotation/rotation-view.ts';
import { openCliHome, type CliHome } from '../../support/cli/open-cli-home.ts';
import { jsonOf, type CliResult } from '../../support/cli/run-cli.ts';

const manifest = 'name: one\nversion: 1.0.0\ntasks: [{ id: a, uses: "pkg:demo/echo@1.0.0" }]\n';

/** A process for each command, on a machine that may be busy. */
const slowMs = 120_000;

describe('keys on the command line', () => {
  let home: CliHome;
  let rotation: KeyRotation;

  const maestro = (...args: string[]): Promise<CliResult> => home.maestro(...args);
  const done = (...args: string[]): Promise<CliResult> => home.done(...args);
  const receipt = async (name: string): Promise<void> => {
    const { id } = jsonOf(await done('run', 'one', '--wait', '--json')) as { id: string }; // Its shape is asserted elsewhere.
    await done('receipt', id, '-o', `${name}.sigstore.json`);
  };

  beforeAll(async () => {
    home = await openCliHome({ runner: new SimulatedRunner() });
    writeFileSync(home.file('workflow.yaml'), manifest);
    await done('publish', 'workflow.yaml');
    await receipt('before');
    await done('keys', 'export', '-o', 'first.pub');
    rotation = jsonOf(await done('keys', 'rotate', '--window', '0', '--reason', 'a drill', '--wait', '--json')) as KeyRotation; // As above.
    await receipt('after');
    await done('keys', 'export', '-o', 'mc.pub');
  }, slowMs);
  afterAll(() => home.close(), slowMs);

  test(
    'rotate waits for the new key, and one file of keys verifies receipts from before and after',
    async () => {
      expect(rotation).toMatchObject({ step: 'finished', reason: 'a drill', problem: null });
      expect(jsonOf(await done('verify', 'before.sigstore.json', '--json'))).toMatchObject({ keyId: rotation.oldKey.keyId });
      expect(jsonOf(await done('verify', 'after.sigstore.json', '--json'))).toMatchObject({ keyId: rotation.newKey?.keyId });
      await done('verify', 'before.sigstore.json', '--key', 'first.pub');
      expect(await maestro('verify', 'after.sigstore.json', '--key', 'first.pub')).toMatchObject({ code: 4 });
    },
    slowMs,
  );

  test(
    'list and export know every key, the one in use first',
    async () => {
      const { stdout } = await done('keys', 'list');
      expect(stdout).toMatch(new RegExp(`${escaped(rotation.newKey?.keyId)} +active[^]+${escaped(rotation.oldKey.keyId)} +retired`));
      await done('keys', 'export', '--key-id', rotation.oldKey.keyId, '-o', 'old.pub');
      expect(readFileSync(home.file('old.pub'), 'utf8')).toBe(readFileSync(home.file('first.pub'), 'utf8'));
      expect(await maestro('keys', 'export', '--key-id', 'SHA256:none')).toMatchObject({
        code: 5,
        stderr: expect.stringMatching(`mc:key:not-found: The home has no key SHA256:none; it has .*${escaped(rotation.oldKey.keyId)}`),
      });
    },
    slowMs,
  );

  test(
    'status lists rotations and saves evidence that verifies',
    async () => {
      expect((await done('keys', 'status')).stdout).toContain(`${rotation.id}  signer`);
      expect((await done('keys', 'status', rotation.id, '--evidence', 'evidence')).stdout).toContain('introduced-by-old');
      const names = ['introduced-by-old', 'introduced-by-new', 'completed'];
      const files = [...names.map((name) => `${name}.sigstore.json`), 'new.pub', 'old.pub', 'rotation.json'];
      expect(readdirSync(home.file('evidence')).sort()).toEqual(files.sort());
      for (const name of names) await done('verify', `evidence/${name}.sigstore.json`, 'evidence/new.pub', '--key', 'mc.pub');
      expect(await maestro('keys', 'status', 'rot_01K9ZZZZZZZZZZZZZZZZZZZZZZ')).toMatchObject({ code: 5 });
    },
    slowMs,
  );

  test(
    'rotate is refused with the reason when the old key is gone, and for what it does not know',
    async () => {
      const name = readdirSync(home.file('data/keys')).find((file) => file.startsWith('receipt-signer')) ?? '';
      const file = home.file(`data/keys/${name}`);
      renameSync(file, `${file}.lost`);
      expect(await maestro('keys', 'rotate')).toMatchObject({ code: 6, stderr: expect.stringContaining('is gone') });
      renameSync(`${file}.lost`, file);
      expect(await maestro('keys', 'rotate', 'login')).toMatchObject({ code: 2, stderr: expect.stringContaining('signer and data') });
      expect(await maestro('keys', 'rotate', '--window', 'soon')).toMatchObject({ code: 2 });
    },
    slowMs,
  );

  test(
    'rotate --instead wants a reason, and leaves one alone whose new key is in use',
    async () => {
      expect(await maestro('keys', 'rotate', '--instead')).toMatchObject({ code: 2, stderr: expect.stringContaining('abandoned') });
      await done('keys', 'rotate', '--window', '24', '--wait');
      const late = await maestro('keys', 'rotate', '--instead', '--reason', 'too late');
      expect(late).toMatchObject({ code: 6, stderr: expect.stringContaining('is switched') });
    },
    slowMs,
  );
});

const escaped = (text = ''): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

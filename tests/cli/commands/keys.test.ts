/** The commands around keys, as processes on a running home. */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startHost, type RunningHost } from '../../../cli/host/start-host.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import type { KeyRotation } from '../../../shared/rotation/rotation-view.ts';
import { jsonOf, runCli, type CliResult } from '../../support/run-cli.ts';

const manifest = 'name: one\nversion: 1.0.0\ntasks: [{ id: a, uses: "pkg:demo/echo@1.0.0" }]\n';

/** A process for each command, on a machine that may be busy. */
const slowMs = 120_000;

describe('keys on the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-keys-'));
  const dataDir = join(folder, 'data');
  let host: RunningHost;
  let rotation: KeyRotation;

  const maestro = (...args: string[]): Promise<CliResult> => runCli(args, { cwd: folder, env: { MC_DATA_DIR: dataDir } });
  const done = async (...args: string[]): Promise<CliResult> => {
    const result = await maestro(...args);
    expect([args, result]).toEqual([args, expect.objectContaining({ code: 0 })]);
    return result;
  };
  const receipt = async (name: string): Promise<void> => {
    const { id } = jsonOf(await done('run', 'one', '--wait', '--json')) as { id: string }; // Its shape is asserted elsewhere.
    await done('receipt', id, '-o', `${name}.sigstore.json`);
  };

  beforeAll(async () => {
    host = await startHost({ port: 0, dataDir, isAnnounced: false, runner: new SimulatedRunner() });
    writeFileSync(join(folder, 'workflow.yaml'), manifest);
    await done('publish', 'workflow.yaml');
    await receipt('before');
    await done('keys', 'export', '-o', 'first.pub');
    rotation = jsonOf(await done('keys', 'rotate', '--window', '0', '--reason', 'a drill', '--wait', '--json')) as KeyRotation; // As above.
    await receipt('after');
    await done('keys', 'export', '-o', 'mc.pub');
  }, slowMs);
  afterAll(async () => {
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  }, slowMs);

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
      expect(readFileSync(join(folder, 'old.pub'), 'utf8')).toBe(readFileSync(join(folder, 'first.pub'), 'utf8'));
      expect(await maestro('keys', 'export', '--key-id', 'SHA256:none')).toMatchObject({ code: 1 });
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
      expect(readdirSync(join(folder, 'evidence')).sort()).toEqual(files.sort());
      for (const name of names) await done('verify', `evidence/${name}.sigstore.json`, 'evidence/new.pub', '--key', 'mc.pub');
      expect(await maestro('keys', 'status', 'rot_01K9ZZZZZZZZZZZZZZZZZZZZZZ')).toMatchObject({ code: 5 });
    },
    slowMs,
  );

  test(
    'rotate is refused with the reason when the old key is gone, and for what it does not know',
    async () => {
      const name = readdirSync(join(dataDir, 'keys')).find((file) => file.startsWith('receipt-signer')) ?? '';
      const file = join(dataDir, 'keys', name);
      renameSync(file, `${file}.lost`);
      expect(await maestro('keys', 'rotate')).toMatchObject({ code: 6, stderr: expect.stringContaining('is gone') });
      renameSync(`${file}.lost`, file);
      expect(await maestro('keys', 'rotate', 'login')).toMatchObject({ code: 2, stderr: expect.stringContaining('signer and data') });
      expect(await maestro('keys', 'rotate', '--window', 'soon')).toMatchObject({ code: 2 });
    },
    slowMs,
  );
});

const escaped = (text = ''): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

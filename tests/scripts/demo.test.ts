import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { bareEnv } from '../support/cli/run-cli.ts';

const demo = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));

test('the demo publishes, plans, runs, seals and verifies, and leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-demo-test-'));
  const env = bareEnv({ TMPDIR: folder, XDG_DATA_HOME: join(folder, 'share') });
  const { stdout } = await promisify(execFile)(process.execPath, [demo], { env, cwd: folder });
  for (const part of [
    'supply-chain-audit@1.0.0',
    'estimated cost',
    'allowed at plan by policy',
    'succeeded',
    'cosign verify-blob-attestation',
    'the receipt verifies',
    'refused',
  ]) {
    expect(stdout.toLowerCase()).toContain(part);
  }
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
}, 120_000);

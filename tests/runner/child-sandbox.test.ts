import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ChildSandbox } from '../../runner/sandbox/child-sandbox.ts';
import { detectIsolation } from '../../runner/sandbox/detect-isolation.ts';
import type { Command } from '../../runner/sandbox/isolation.ts';
import { egressSocket, makeTaskFolder } from '../../runner/sandbox/task-folder.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { buildTaskSpec } from '../support/build-task-spec.ts';

const base = mkdtempSync(join(tmpdir(), 'mc-child-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const { isolation } = await detectIsolation({ base, nodePath: process.execPath, clock: systemClock, highestLevel: 'node-permission' });
const spec = buildTaskSpec({ egress: [{ host: 'api.example.com', ports: [443] }] });

/** A sandbox with an egress socket whose process is started by this command. */
async function build(command: () => Command): Promise<{ sandbox: ChildSandbox; socket: string }> {
  const folder = await makeTaskFolder(base, spec);
  const sandbox = new ChildSandbox({ spec, isolation: { ...isolation, command }, folder, clock: systemClock, handedOverAt: 0 });
  await sandbox.openEgress({ resolver: { resolve: () => Promise.resolve([]) } });
  return { sandbox, socket: egressSocket(folder) };
}

const isOpen = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const client = connect(socket, () => void (client.destroy(), resolve(true)));
    client.on('error', () => resolve(false));
  });

describe('the sandbox of an attempt whose process cannot be started', () => {
  test('fails the attempt and leaves neither folder nor socket', async () => {
    const { sandbox, socket } = await build(() => ({ program: process.execPath, args: ['x'.repeat(4_000_000)], reportsPid: false }));
    expect(await isOpen(socket)).toBe(true);
    expect(await sandbox.execute(new AbortController().signal)).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('E2BIG'),
    });
    await sandbox.release();
    expect([await isOpen(socket), readdirSync(base)]).toEqual([false, []]);
  });

  test('leaves neither when not even its command can be made', async () => {
    const { sandbox, socket } = await build(() => {
      throw new Error('no command');
    });
    await expect(sandbox.execute(new AbortController().signal)).rejects.toThrow('no command');
    await sandbox.release();
    expect([await isOpen(socket), readdirSync(base)]).toEqual([false, []]);
  });
});

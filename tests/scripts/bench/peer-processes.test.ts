import { describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { endProcess } from '../../../scripts/bench/peers/end-process.ts';
import { findPostgres, startPostgres } from '../../../scripts/bench/peers/postgres.ts';

async function startDeaf(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000); console.log('up')"]);
  await once(child.stdout, 'data');
  return child;
}

describe('ending a process', () => {
  test('kills one that does not listen, after its time', async () => {
    const child = await startDeaf();
    await endProcess(child, () => child.kill('SIGTERM'), 100);
    expect(child.signalCode).toBe('SIGKILL');
  });

  test('lets one that listens end by itself', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    await endProcess(child, () => child.kill('SIGTERM'));
    expect(child.signalCode).toBe('SIGTERM');
  });

  test('kills one that cannot be asked at once, and does nothing when it is gone', async () => {
    const child = await startDeaf();
    await endProcess(child);
    expect(child.signalCode).toBe('SIGKILL');
    await endProcess(child, () => {
      throw new Error('asked what is gone');
    });
  });
});

const programs = findPostgres();

// PostgreSQL is a peer of the benchmark, not a part of this program.
('missing' in programs ? describe.skip : describe)('a PostgreSQL server for one measurement', () => {
  if ('missing' in programs) return;

  test('syncs as shipped, and leaves neither a process nor data behind', async () => {
    const postgres = await startPostgres(programs);
    const settings = postgres.ask(
      'postgres',
      "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'listen_addresses')",
    );
    const dataDir = postgres.ask('postgres', 'SHOW data_directory');
    const isRunning = (): boolean => process.kill(postgres.process.pid ?? 0, 0);
    expect([settings, isRunning(), existsSync(dataDir)]).toEqual(['fsync=on listen_addresses=127.0.0.1 synchronous_commit=on', true, true]);
    await postgres.stop();
    expect(isRunning).toThrow('ESRCH');
    expect(existsSync(dataDir)).toBe(false);
  }, 60_000);
});

/** In processes of their own: whether programs are kept compiled is said once a process. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-thread-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const embedded = new URL('../../../shared/embedded/', import.meta.url);

/** What this module writes to its standard output, with nothing but these variables and the path in its environment. */
function output(module: string, env: Readonly<Record<string, string>>): string {
  const args = ['--no-warnings', '--input-type=module', '-e', module];
  return execFileSync(process.execPath, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, encoding: 'utf8' });
}

/** Keeps programs compiled only after its own are loaded: what lies in the folder afterwards was put there by the thread. */
const applying = `
  import { enableCompileCache } from 'node:module';
  import { ApplierThread } from '${new URL('sqlite/applier-thread.ts', embedded).href}';
  enableCompileCache(process.env.CACHE);
  const applier = new ApplierThread(process.env.TABLE);
  const awake = setInterval(() => undefined, 1_000);
  await applier.apply();
  clearInterval(awake);
  await applier.close();
  console.log('closed');
`;

describe('the environment of a thread', () => {
  const print = `
    import { threadEnvironment } from '${new URL('thread-environment.ts', embedded).href}';
    console.log(JSON.stringify(threadEnvironment()));
  `;

  test('says where the process keeps compiled programs, and nothing else', () => {
    expect(JSON.parse(output(print, { NODE_COMPILE_CACHE: folder, MC_SECRET: 'x' }))).toEqual({ NODE_COMPILE_CACHE: folder });
    expect(JSON.parse(output(print, { MC_SECRET: 'x' }))).toEqual({});
  });

  test('lets the thread of the journal take its program from there', () => {
    const cache = join(folder, 'cache');
    // Nothing else keeps that process alive, so it ends before its last line unless the end of the thread is waited for.
    expect(output(applying, { CACHE: cache, TABLE: join(folder, 'table.sqlite') })).toBe('closed\n');
    expect(readdirSync(cache, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())).not.toEqual([]);
  });
});

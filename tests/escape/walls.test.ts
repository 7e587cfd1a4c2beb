/** The walls as the kernel reports them from inside, for code that has got past Node's permissions. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { findBubblewrap } from '../../runner/sandbox/bubblewrap-isolation.ts';
import { detectIsolation } from '../../runner/sandbox/detect-isolation.ts';
import type { Isolation } from '../../runner/sandbox/isolation.ts';
import { judgedCalls, refusedCalls } from '../../runner/sandbox/seccomp/x64-calls.ts';
import type { JsonObject } from '../../shared/core/json/canonical-json.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { buildNativeProgram, type Step } from '../support/native-program.ts';
import { buildAttackPackage } from './attack-package.ts';
import { becomeProgram, describeNative, type EscapeCase, type Report } from './escape-case.ts';
import { runConfined } from './run-attack.ts';

const base = mkdtempSync(join(tmpdir(), 'mc-walls-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const { isolation: found, refused } = await detectIsolation({ base, nodePath: process.execPath, clock: systemClock });
const check =
  found.level === 'bubblewrap-seccomp' ? test : (name: string) => test.skip(`${name} [not run: ${refused[0]}]`, () => undefined);

async function look(
  code: string,
  isolation: Isolation = found,
  limits: EscapeCase['limits'] = {},
  inputs: JsonObject = {},
): Promise<Report> {
  const attack: EscapeCase = { group: 'look', name: 'around', from: 'node', code, limits, stoppedBy: 'deadline', evidence: /./ };
  return runConfined({ package: await buildAttackPackage([attack]), attack, inputs, base }, isolation);
}

/** Changes one limit on the command line of a sandbox. */
function withLimit(isolation: Isolation, name: string, value: string): Isolation {
  const replace = (argument: string): string => (argument.startsWith(`--${name}=`) ? `--${name}=${value}` : argument);
  return {
    ...isolation,
    command: (folder, limits) => {
      const command = isolation.command(folder, limits);
      return { ...command, args: command.args.map(replace) };
    },
  };
}

describe('inside the sandbox', () => {
  check('there are no capabilities, no way to new ones, and a filter', async () => {
    const { text } = await look("return fs.readFileSync('/proc/self/status', 'utf8');");
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(text).toContain(`${set}:\\t0000000000000000`);
    expect(text).toContain('NoNewPrivs:\\t1');
    expect(text).toContain('Seccomp:\\t2');
  });

  check('a task of root is not root, and no two attempts are the same user', async () => {
    const users = await Promise.all([1, 2].map(async () => (await look('return process.getuid();')).text));
    const isRoot = process.getuid?.() === 0;
    expect(users).not.toContain('0');
    expect(new Set(users).size).toBe(isRoot ? 2 : 1);
  });

  check('the limits of the resource class are those of the kernel', async () => {
    const { text } = await look("return fs.readFileSync('/proc/self/limits', 'utf8');", found, { resourceClass: 'medium' });
    for (const line of [/Max processes +64 +64/, /Max open files +512 +512/, /Max core file size +0 +0/, /Max msgqueue size +0 +0/])
      expect(text).toMatch(line);
  });

  check('all that is mounted is read-only, but for scratch', async () => {
    const { text } = await look("return fs.readFileSync('/proc/self/mounts', 'utf8');");
    const mounts = text.split('\\n').filter((line) => line !== '');
    const writable = mounts.filter((line) => /^\S+ \S+ \S+ rw\b/.test(line)).map((line) => line.split(' ')[1] ?? '');
    // /dev holds six devices that do nothing, each mounted for itself, and terminals of its own.
    expect(writable.filter((place) => !/^\/dev\/(null|zero|full|random|urandom|tty|pts|console)$/.test(place))).toEqual([
      '/scratch',
      '/proc',
    ]);
  });

  check('the kernel itself answers as the filter says, to every call that is refused and to some that are not listed', async () => {
    // Without capabilities and with arguments that mean nothing, so that no call could do harm if it came through.
    const call = (number: number): Step => ({ call: number, args: [-1, -1, -1, -1, -1, -1], child: 'ends' });
    const refused = Object.values(refusedCalls).flatMap((group) => Object.values(group));
    const unlisted = [29, 206, 240, 450, 999];
    const families = [17, 40, 38, 31].map((family): Step => ({ call: judgedCalls.socket, args: [family, 3, 0] }));
    const program = Buffer.from(buildNativeProgram([...[...refused, ...unlisted].map(call), ...families])).toString('base64');
    const { logs } = await look(becomeProgram, found, {}, { program });
    expect(describeNative(logs).results?.map(Number)).toEqual([
      ...refused.map(() => -1),
      ...unlisted.map(() => -38),
      ...families.map(() => -97),
    ]);
  });

  check('no setting of the kernel can be reached, at the level without a filter neither', async () => {
    const code = `return ['sys', 'irq', 'bus', 'acpi', 'fs'].map((name) => {
      try { return fs.readdirSync('/proc/' + name).length; } catch { return 0; }
    });`;
    const { isolations } = findBubblewrap(process.execPath);
    const seen = await Promise.all(isolations.map(async (isolation) => [isolation.level, (await look(code, isolation)).text]));
    expect(seen).toEqual([
      ['bubblewrap-seccomp', '0,0,0,0,0'],
      ['bubblewrap', '0,0,0,0,0'],
    ]);
  });

  check('who uses up the processor time of its class is ended by the kernel, and told so', async () => {
    const { result } = await look('for (;;);', withLimit(found, 'cpu', '1'), { timeoutMs: 20_000 });
    expect(result).toMatchObject({ kind: 'failed', failure: 'memory', message: expect.stringContaining('processor time') });
  });
});

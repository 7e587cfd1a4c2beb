import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { detectIsolation } from '../../../runner/sandbox/detect-isolation.ts';
import type { CommandLimits, Isolation } from '../../../runner/sandbox/isolation.ts';
import { processorSeconds } from '../../../runner/sandbox/resource-limits.ts';
import { Spare } from '../../../runner/sandbox/warm/spare.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { buildTaskSpec } from '../../support/build-task-spec.ts';

const base = mkdtempSync(join(tmpdir(), 'mc-spare-'));
const started: Spare[] = [];
const start = async (of: Isolation, held: CommandLimits): Promise<Spare> => {
  const spare = await Spare.start(of, held, base);
  started.push(spare);
  return spare;
};
afterEach(() => Promise.all(started.splice(0).map((spare) => spare.discard())));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const { isolation, refused } = await detectIsolation({ base, nodePath: process.execPath, clock: systemClock });
const { limits } = buildTaskSpec({ limits: { timeoutMs: 60_000 } });
const check =
  isolation.processorSeconds === undefined ? (name: string): void => test.skip(`${name} [skipped: ${refused[0]}]`, () => undefined) : test;

/** What the kernel gives to the first process inside, as the kernel says it. */
function kernelSeconds({ process }: Spare): string[] {
  const line = /^Max cpu time +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${process.innerPid}/limits`, 'utf8'));
  return line?.slice(1) ?? [];
}

describe('a spare', () => {
  test('is bound once', async () => {
    const spare = await start(isolation, limits);
    expect(await spare.bind(limits)).toBe(true);
    await expect(spare.bind(limits)).rejects.toThrow('second attempt');
    await spare.discard();
    expect(readdirSync(base)).toEqual([]);
  });

  check('gets the processor time of its attempt from the kernel when it is bound, if that is less', async () => {
    const shorter = { ...limits, timeoutMs: 7_000 };
    const [kept, lowered] = await Promise.all([start(isolation, limits), start(isolation, limits)]);
    expect(await kept.bind(limits)).toBe(true);
    expect(await lowered.bind(shorter)).toBe(true);
    expect(kernelSeconds(kept)).toEqual([70, 70].map(String));
    expect(kernelSeconds(lowered)).toEqual([processorSeconds(shorter), 17].map(String));
  });

  check('is not bound to an attempt that may take longer, which no limit of the kernel could be raised to', async () => {
    const spare = await start(isolation, limits);
    const longer = { ...limits, timeoutMs: 61_000 };
    expect(spare.fits(longer)).toBe(false);
    expect(await spare.bind(longer)).toBe(false);
  });

  test('is not bound to an attempt of another class, memory or scratch', async () => {
    const others = [
      { resourceClass: 'medium' as const },
      { memoryBytes: limits.memoryBytes - 1 },
      { scratchBytes: limits.scratchBytes - 1 },
    ];
    const spare = await start(isolation, limits);
    expect(others.map((other) => spare.fits({ ...limits, ...other }))).toEqual([false, false, false]);
    expect(await spare.bind({ ...limits, memoryBytes: limits.memoryBytes - 1 })).toBe(false);
  });

  test('that does not come up says why, and leaves nothing', async () => {
    const broken = {
      ...isolation,
      command: () => ({ program: process.execPath, args: ['-e', 'console.error("no luck"); process.exit(3)'], reportsPid: false }),
    };
    await expect(Spare.start(broken, limits, base)).rejects.toThrow('no luck');
    const absent = { ...isolation, command: () => ({ program: '/no/such/program', args: [], reportsPid: false }) };
    await expect(Spare.start(absent, limits, base)).rejects.toThrow('ENOENT');
    const tooLong = { ...isolation, command: () => ({ program: process.execPath, args: ['x'.repeat(4_000_000)], reportsPid: false }) };
    await expect(Spare.start(tooLong, limits, base)).rejects.toMatchObject({
      name: 'SpareFailure',
      message: expect.stringContaining('E2BIG'),
    });
    const unmade = {
      ...isolation,
      command: () => {
        throw new Error('no command');
      },
    };
    await expect(Spare.start(unmade, limits, base)).rejects.toThrow('no command');
    expect(readdirSync(base)).toEqual([]);
  });

  test('that says anything before it is asked is not used', async () => {
    const talks = {
      ...isolation,
      command: (...given: Parameters<typeof isolation.command>) => {
        const command = isolation.command(...given);
        const at = command.args.findIndex((argument) => argument === '--permission');
        return { ...command, args: command.args.toSpliced(at, 0, '--import', "data:text/javascript,console.log('I was here first')") };
      },
    };
    await expect(Spare.start(talks, limits, base)).rejects.toThrow('I was here first');
    expect(readdirSync(base)).toEqual([]);
  });
});

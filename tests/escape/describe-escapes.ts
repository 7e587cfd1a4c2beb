/**
 * Attacks on the sandbox. Each has to fail in it, stopped by the wall that it names, and has to succeed without it: an attack that could not succeed anyway
 * would prove nothing. Each is tried in a sandbox that was started for it, and in one that was waiting. New files in cases/ are taken up by themselves.
 * A suite for each start, because two workers share them.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { detectIsolation } from '../../runner/sandbox/detect-isolation.ts';
import { findBubblewrap } from '../../runner/sandbox/bubblewrap-isolation.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { attackKey, buildAttackPackage } from './attack-package.ts';
import type { EscapeCase, Report, Target } from './escape-case.ts';
import { runConfined, runUnconfined, type AttackRun } from './run-attack.ts';

const folder = new URL('./cases/', import.meta.url);
const modules = await Promise.all(
  readdirSync(folder)
    .sort()
    .map((name) => import(new URL(name, folder).href) as Promise<{ default: EscapeCase[] }>), // What every file there exports.
);
const attacks = modules.flatMap((module) => module.default);
const base = mkdtempSync(join(tmpdir(), 'mc-escape-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const found = await detectIsolation({ base, nodePath: process.execPath, clock: systemClock });
const isolation = findBubblewrap(process.execPath).isolations.find(({ level }) => level === found.isolation.level);
const attackPackage = await buildAttackPackage(attacks);
const isRoot = process.getuid?.() === 0;
const isProven = ({ fools, onlyProvenAsRoot }: EscapeCase): boolean => fools === undefined && (isRoot || onlyProvenAsRoot === undefined);

interface Attempted {
  report: Report;
  isHit: boolean | undefined;
}

/** Of the attacks that each wall stops, the first: without the sandbox a warm start must let those through, as a cold one does. */
const firstOfWalls = new Set([...Map.groupBy(attacks.filter(isProven), ({ stoppedBy }) => stoppedBy).values()].map(([first]) => first));

/** Runs an attack on a target of its own; whether it got what it wanted is the target's word, where it has one. */
async function attempt(attack: EscapeCase, run: (target: Target) => Promise<Report>): Promise<Attempted> {
  const target = (await attack.target?.()) ?? { inputs: {} };
  try {
    const report = await run(target);
    return { report, isHit: await target.isHit?.(report) };
  } finally {
    await target.dispose?.();
  }
}

const whatItMet = ({ report }: { report: Report }): string =>
  [report.text, ...(report.result.kind === 'failed' ? [report.result.message] : []), ...report.logs.map(({ text }) => text)].join('\n');

function expectStopped(attack: EscapeCase, confined: Attempted): void {
  expect({ reached: confined.report.reached, isHit: confined.isHit ?? false, met: whatItMet(confined) }).toEqual({
    reached: false,
    isHit: false,
    met: expect.stringMatching(attack.evidence),
  });
  if (attack.fools !== undefined) expect(attack.fools(confined.report)).toBe(true);
}

/** Every attack, on a sandbox that comes about in this way. */
export function describeEscapes(start: 'cold' | 'warm'): void {
  if (isolation?.level !== 'bubblewrap-seccomp') {
    const reason = found.refused[0] ?? 'this machine does not reach bubblewrap-seccomp';
    test.skip(`all ${attacks.length} attacks after a ${start} start [not run: ${reason}]`, () => undefined);
    return;
  }
  const isFree = start === 'cold' ? isProven : (attack: EscapeCase): boolean => firstOfWalls.has(attack);
  describe(`escapes after a ${start} start`, () => {
    test('there are at least 60 attacks, and no two of the same name', () => {
      const names = attacks.map(attackKey);
      expect(names.length).toBeGreaterThanOrEqual(60);
      expect(new Set(names).size).toBe(names.length);
    });

    test.each(attacks.map((attack) => [attackKey(attack), attack.stoppedBy, attack] as const))(
      '%s: stopped by the %s',
      async (_, __, attack) => {
        const runOf = ({ inputs, egress }: Target): AttackRun => ({ package: attackPackage, attack, inputs, egress, base, start });
        const [confined, free] = await Promise.all([
          attempt(attack, (target) => runConfined(runOf(target), isolation)),
          isFree(attack) ? attempt(attack, (target) => runUnconfined(runOf(target))) : undefined,
        ]);
        expectStopped(attack, confined);
        if (free !== undefined)
          expect({ reached: free.isHit ?? free.report.reached, met: whatItMet(free) }).toEqual({ reached: true, met: expect.any(String) });
      },
    );
  });
}

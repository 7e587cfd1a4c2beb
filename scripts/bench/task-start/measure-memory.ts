/** What a sandbox that waits costs: the memory of all its processes, shared pages divided by those who share them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectIsolation } from '../../../runner/sandbox/detect-isolation.ts';
import { Spare } from '../../../runner/sandbox/warm/spare.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { startSpec } from './attempt.ts';
import type { RealLevel } from './measure-level.ts';

const spares = 4;

/** All processes below this one. */
function descendants(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function proportionalBytes(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

/** Bytes a waiting sandbox takes at this level; null where the kernel does not tell. */
export async function measureMemory(level: RealLevel): Promise<number | null> {
  const base = mkdtempSync(join(tmpdir(), 'mc-starts-'));
  const { isolation } = await detectIsolation({ base, nodePath: process.execPath, clock: systemClock, highestLevel: level });
  const waiting: Spare[] = [];
  try {
    for (let started = 0; started < spares; started++) waiting.push(await Spare.start(isolation, startSpec.limits, base));
    const total = descendants(process.pid).reduce((sum, pid) => sum + proportionalBytes(pid), 0);
    return Math.round(total / spares);
  } catch {
    return null; // Processes of other users may not be looked at everywhere.
  } finally {
    await Promise.all(waiting.map((spare) => spare.discard()));
    rmSync(base, { recursive: true, force: true });
  }
}

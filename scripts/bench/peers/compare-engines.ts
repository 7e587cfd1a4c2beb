/** The whole comparison: every engine, size and disk in turn, one after the other, so that whatever else happens on the machine meets all of them. */
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { describeMachine } from '../machine.ts';
import type { SlowFsync } from '../slow-fsync.ts';
import type { Contender } from './contender.ts';
import { measureContender, type ContenderFigures } from './measure-contender.ts';
import type { Outcome, PeersReport } from './peers-report.ts';

export interface Comparison {
  contenders: readonly Contender[];
  notRun: PeersReport['notRun'];
  sizes: readonly number[];
  repeats: number;
  connections: number;
  limitMs: number;
  /** The disks: as it is, slower, or both. */
  disks: readonly (SlowFsync | undefined)[];
  signal: AbortSignal;
  onProgress: (line: string) => void;
}

/** Lets the disk and the processors come to rest after the engine before. */
const pauseMs = 2_000;
const load = (): number => loadavg()[0] ?? 0;

export async function compareEngines(comparison: Comparison): Promise<PeersReport> {
  const { contenders, notRun, sizes, repeats, connections, disks, signal } = comparison;
  const machine = describeMachine();
  const before = load();
  const outcomes: Outcome[] = [];
  for (let repeat = 1; repeat <= repeats; repeat += 1)
    for (const runs of sizes)
      for (const slow of disks)
        for (const contender of rotated(contenders, repeat - 1)) {
          if (signal.aborted) break;
          outcomes.push(await tryOnce(comparison, contender, { repeat, runs, slow }));
          await delay(pauseMs);
        }
  return {
    machine,
    load: { before, after: load() },
    connections,
    contenders: contenders.map(({ name, settings }) => ({ name, settings })),
    notRun,
    outcomes,
  };
}

/** Nobody is always first, or always right after the same other. */
const rotated = <T>(items: readonly T[], by: number): T[] =>
  items.map((_, index) => items[(index + by) % items.length]).filter((item) => item !== undefined);

interface Turn {
  repeat: number;
  runs: number;
  slow: SlowFsync | undefined;
}

async function tryOnce(comparison: Comparison, contender: Contender, { repeat, runs, slow }: Turn): Promise<Outcome> {
  const { connections, limitMs, signal, onProgress } = comparison;
  const outcome = { contender: contender.name, runs, slowFsyncMs: slow?.delayMs ?? 0, repeat };
  const title = `${contender.name}, ${runs} at once${slow ? `, syncs ${slow.delayMs} ms slower` : ''}, repeat ${repeat}`;
  try {
    const figures = await measureContender(contender, { runs, connections, limitMs, slow, signal });
    onProgress(`${title}: ${inShort(figures)}`);
    return { ...outcome, figures };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    onProgress(`${title}: ${failure}`);
    return { ...outcome, failure };
  }
}

const inShort = ({ acceptedMs, startMs, perSecond, peakRssBytes }: ContenderFigures): string =>
  `accepted p95 ${acceptedMs.p95.toFixed(0)} ms, started p95 ${startMs.p95.toFixed(0)} ms, ${perSecond} runs/s, ${(peakRssBytes / 1e6).toFixed(0)} MB`;

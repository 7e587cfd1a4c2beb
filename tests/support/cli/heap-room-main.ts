/** Prints what became of a heap while objects lived for a while, after it was told of these requests. */
import { PerformanceObserver, constants, type PerformanceEntry } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { HeapRoom } from '../../../cli/host/heap-room.ts';

export interface HeapFigures {
  /** Collections of the old generation. */
  collections: number;
  /** MiB of the young generation, most of the time; while the old one is collected it holds more for a moment. */
  youngMiB: number;
}

const notes = JSON.parse(process.argv[2] ?? '[]') as [minute: number, isUnderLoad: boolean][]; // The test writes it.
const room = new HeapRoom();
for (const [minute, isUnderLoad] of notes) room.note(isUnderLoad, minute * 60_000);
// A thread that starts changes nothing.
const thread = new Worker('', { eval: true, execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: 8 } });
await new Promise((resolve) => thread.once('exit', resolve));

/** Entries of this type have a detail, which their type does not say. */
const isMajor = (entry: PerformanceEntry & { detail?: { kind?: number } }): boolean =>
  entry.detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;

const youngMiB = (): number => (getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0) / 2 ** 20;

let collections = 0;
const young: number[] = [];
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().filter(isMajor).length;
});
observer.observe({ entryTypes: ['gc'] });
const alive: object[][] = [];
for (let round = 0; round < 4_000; round += 1) {
  alive[round % 200] = Array.from({ length: 5_000 }, (_, n) => ({ n }));
  if (round % 20 !== 0) continue;
  young.push(youngMiB());
  await delay(1);
}
await delay(10);
observer.disconnect();
young.sort((a, b) => a - b);
const figures: HeapFigures = { collections, youngMiB: young[young.length >> 1] ?? 0 };
process.stdout.write(JSON.stringify(figures));

/** Prints how often the old generation was collected while objects lived for a while, after a heap was told of these requests. */
import { PerformanceObserver, constants, type PerformanceEntry } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { HeapRoom } from '../../../cli/host/heap-room.ts';

const notes = JSON.parse(process.argv[2] ?? '[]') as [minute: number, isUnderLoad: boolean][]; // The test writes it.
const room = new HeapRoom();
for (const [minute, isUnderLoad] of notes) room.note(isUnderLoad, minute * 60_000);

/** Entries of this type have a detail, which their type does not say. */
const isMajor = (entry: PerformanceEntry & { detail?: { kind?: number } }): boolean =>
  entry.detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;

let collected = 0;
const observer = new PerformanceObserver((list) => {
  collected += list.getEntries().filter(isMajor).length;
});
observer.observe({ entryTypes: ['gc'] });
const alive: object[][] = [];
for (let round = 0; round < 4_000; round += 1) {
  alive[round % 200] = Array.from({ length: 5_000 }, (_, n) => ({ n }));
  if (round % 20 === 0) await delay(1);
}
await delay(10);
observer.disconnect();
process.stdout.write(String(collected));

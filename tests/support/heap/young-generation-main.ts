/** Prints how full the young generation of this process becomes, in bytes: with no open run, with a burst of them, and with none again. Started with semi-spaces of 32 MiB. */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { keepHeap } from '../../../shared/embedded/pace/heap-keeper.ts';

const mebibyte = 2 ** 20;
const used = (): number => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_used_size ?? Number.NaN;

/** What begins and ends with a turn, as what a request leaves behind: 20 numbers are some 176 bytes. */
function litter(bytes: number): unknown {
  let last: unknown;
  for (let left = bytes; left > 0; left -= 176) last = Array.from({ length: 20 }, (_, index) => left + index);
  return last;
}

/** The most that was used between two turns. */
async function fullest(): Promise<number> {
  let most = 0;
  for (let index = 0; index < 120; index++) {
    litter(mebibyte);
    most = Math.max(most, used());
    await turn();
  }
  return most;
}

/** The young generation grows to its size when much of it lives. */
function fill(): number {
  const living: unknown[] = [];
  for (let index = 0; index < 500_000; index++) living.push({ index, text: `${index}` });
  return living.length;
}

fill();
const runs = { active: 0 };
const keeper = keepHeap(runs);
const figures: number[] = [];
for (const active of [0, 1_000, 0]) {
  runs.active = active;
  await delay(600); // It looks a few times a second.
  await fullest(); // Of the collection before it was told.
  figures.push(await fullest());
}
keeper.close();
process.stdout.write(JSON.stringify(figures));

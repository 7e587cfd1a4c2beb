/**
 * One drill: a home under load that backs itself up is killed at a random moment, and another is brought up from its newest backup. What is measured is what an
 * operator would lose: time from the kill to the first new run, and runs that were acknowledged and are gone.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';
import { listBackups } from '../../../shared/embedded/backup/backup-folder.ts';
import { DrillHome } from './drill-home.ts';
import { judgeDrill, type AcknowledgedRun, type Judgement } from './judge-drill.ts';

export interface DrillOptions {
  /** An empty folder of the drill. */
  folder: string;
  runs: number;
  megabytes: number;
  everyMs: number;
  /** A number from 0 to 1: when the kill comes. */
  moment: number;
  say: (text: string) => void;
}

export interface DrillFigures extends Judgement {
  runs: number;
  logBytes: number;
  backup: { id: string; takenAt: string; tableBytes: number; blobBytes: number; blobs: number };
  backupsMade: number;
  /** From the kill to the end of `maestro restore`. */
  restoreMs: number;
  /** From the kill to the first new run that succeeded. */
  rtoMs: number;
  /** Signed statements that the restore verified. */
  statements: number;
}

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const quick = "name: quick\nversion: 1.0.0\nregion: US\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', with: { n: 1 } }]\n";
/** An attempt keeps at most 4 MiB. */
const logBytes = 4_000_000;
/** Receipts that are compared byte for byte. */
const compared = 50;
const Restored = z.object({
  backup: z.string(),
  takenAt: z.iso.datetime(),
  statements: z.int(),
  table: z.object({ size: z.int() }),
  blobs: z.object({ bytes: z.int(), count: z.int() }),
});

const talkative = (tasks: number): string =>
  `name: talkative\nversion: 1.0.0\nregion: US\ntasks:\n${Array.from({ length: tasks }, (_, at) => `  - { id: t${at}, uses: 'pkg:demo/echo@1.0.0', with: { logBytes: ${logBytes} } }\n`).join('')}`;

export async function runDrill({ folder, runs, megabytes, everyMs, moment, say }: DrillOptions): Promise<DrillFigures> {
  const [dataDir, to, restored] = [join(folder, 'home'), join(folder, 'backups'), join(folder, 'restored')];
  const passphraseFile = join(folder, 'passphrase');
  writeFileSync(passphraseFile, `${crypto.randomUUID()}\n`, { mode: 0o600 });
  mkdirSync(to, { mode: 0o700 });
  const first = await DrillHome.open(dataDir);
  const tasks = Math.ceil((megabytes * 1_000_000) / logBytes);
  say(`${tasks * 4} MB of logs`);
  await first.publish(quick);
  if (tasks > 0) await writeLogs(first, tasks);
  await first.end();
  const home = await DrillHome.open(dataDir, { to, everyMs, passphraseFile });
  say(`${runs} runs, a backup every ${everyMs / 1_000} s`);
  const acknowledged: AcknowledgedRun[] = [];
  const load = startRuns(home, runs, acknowledged);
  const backupsMade = await untilKill(to, { everyMs, moment, progress: () => acknowledged.length / runs });
  const before = await receiptsOf(home, acknowledged);
  const killedAt = Date.now();
  await home.kill();
  await load;
  // The disk of the lost machine: nothing of it is read again.
  renameSync(dataDir, join(folder, 'lost'));
  say(`killed after ${acknowledged.length} acknowledged runs and ${backupsMade} backups`);
  const args = [main, 'restore', '--from', to, '--data-dir', restored, '--passphrase-file', passphraseFile, '--json'];
  const answer = Restored.parse(JSON.parse((await run(process.execPath, args)).stdout));
  const restoreMs = Date.now() - killedAt;
  const again = await DrillHome.open(restored);
  await again.untilSucceeded(await again.start('quick'));
  const rtoMs = Date.now() - killedAt;
  say('up again');
  const judged = await judgeDrill(again, { acknowledged, before, killedAt, takenAt: Date.parse(answer.takenAt) });
  await again.end();
  return {
    runs: acknowledged.length,
    logBytes: tasks * logBytes,
    backup: {
      id: answer.backup,
      takenAt: answer.takenAt,
      tableBytes: answer.table.size,
      blobBytes: answer.blobs.bytes,
      blobs: answer.blobs.count,
    },
    backupsMade,
    restoreMs,
    rtoMs,
    statements: answer.statements,
    ...judged,
  };
}

async function writeLogs(home: DrillHome, tasks: number): Promise<void> {
  await home.publish(talkative(tasks));
  await home.untilSucceeded(await home.start('talkative'));
}

/** Starts runs one after the other on a few connections until the home is gone; what was answered is acknowledged. */
async function startRuns(home: DrillHome, runs: number, acknowledged: AcknowledgedRun[]): Promise<void> {
  let left = runs;
  const start = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const sentAt = Date.now();
      const id = await home.start('quick').catch(() => undefined); // Killed: nothing was acknowledged.
      if (id === undefined) return;
      acknowledged.push({ id, sentAt, acknowledgedAt: Date.now() });
      await delay(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, start));
}

const connections = 4;
/** Some 60 starts a second, so that a few thousand runs last for some backups. */
const pauseMs = 60;

/** Of the runs, so many are started before the kill may come. */
const leastProgress = 0.6;

/** Waits for the second backup under load and then for the random part of an interval; answers how many backups there are. */
async function untilKill(
  to: string,
  { everyMs, moment, progress }: { everyMs: number; moment: number; progress: () => number },
): Promise<number> {
  const count = (): number => {
    try {
      return listBackups(to).length;
    } catch {
      return 0; // The first backup has not begun.
    }
  };
  while ((count() < 2 || progress() < leastProgress) && progress() < 1) await delay(50);
  await delay(moment * everyMs);
  return count();
}

/** Receipts as somebody holds them who asked before the loss. */
async function receiptsOf(home: DrillHome, acknowledged: readonly AcknowledgedRun[]): Promise<Map<string, string>> {
  const held = new Map<string, string>();
  for (const { id } of acknowledged.slice(0, compared)) {
    if ((await home.state(id)) === 'succeeded') held.set(id, canonicalJson(await home.receipt(id)));
  }
  return held;
}

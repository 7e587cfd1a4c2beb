/**
 * Backs a running home up at its intervals, in a process of its own: copying and hashing take nothing from requests, and a backup that dies takes nothing with
 * it. That process only reads; signing and filing stay with the home, which is the one writer of its table.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { HomeStatementDeps } from '../../shared/backup/file-home-statement.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { metricNames } from '../../shared/port/metrics.ts';
import { newestBackupAt } from '../../shared/embedded/backup/newest-backup.ts';
import { answerChild } from './backed-up-home.ts';

export interface BackupPlan {
  /** The folder of backups. */
  to: string;
  everyMs: number;
  keep: number;
  /** The file with the passphrase of the keys; null leaves the keys out. */
  passphraseFile: string | null;
}

const script = fileURLToPath(new URL('backup-child.ts', import.meta.url));
/** How often the home looks whether a backup is due. */
const lookMs = 60_000;
/** The objective: at most so much is lost (seed 0.2, MC-SRE-762). */
const objectiveMs = 15 * 60_000;

const Ended = z.union([
  z.object({ done: z.object({ id: z.string(), tookMs: z.number(), takenAt: z.string(), newBytes: z.number() }) }),
  z.object({ failed: z.string() }),
]);
type Ended = z.infer<typeof Ended>;

type KeeperDeps = HomeStatementDeps & Pick<Deps, 'logger'>;

/** Begins at once when the newest backup is too old; what it answers ends the timer and a backup under way. */
export function keepBackups(deps: KeeperDeps, dataDir: string, plan: BackupPlan): { close(): Promise<void> } {
  let child: ChildProcess | undefined;
  let underWay: Promise<void> | undefined;
  // The clock may be set while the home runs; what has passed since the start goes on.
  const startedMs = deps.clock.elapsedMs();
  let triedMs = -Infinity;
  const look = (): void => {
    const elapsedMs = deps.clock.elapsedMs();
    const [now, newest] = [deps.clock.now(), newestBackupAt(plan.to)];
    // One of a time to come was made with a clock that was ahead: how old it is, nobody knows.
    const ageMs = newest === undefined || newest > now ? Infinity : now - newest;
    if (ageMs !== Infinity) deps.metrics.record(metricNames.backupAgeMs, ageMs);
    const unsavedMs = Math.min(ageMs, elapsedMs - startedMs);
    if (unsavedMs > Math.max(objectiveMs, 2 * plan.everyMs))
      deps.logger.error('there is no recent backup; see docs/runbooks/mc-backup-old.md', { to: plan.to, unsavedMs });
    // A little early, so that a look which comes a moment before the time does not wait for the next one.
    const isDue = Math.min(ageMs, elapsedMs - triedMs) > plan.everyMs - lookMs / 2;
    if (!isDue || underWay) return;
    triedMs = elapsedMs;
    underWay = backUp(
      deps,
      { dataDir, to: plan.to, keep: plan.keep, passphraseFile: plan.passphraseFile },
      (started) => (child = started),
    ).finally(() => (underWay = child = undefined));
  };
  const timer = setInterval(look, Math.min(lookMs, plan.everyMs)).unref();
  look();
  return {
    async close() {
      clearInterval(timer);
      child?.kill('SIGKILL'); // A killed backup leaves nothing that looks like one.
      await underWay;
    },
  };
}

async function backUp(deps: KeeperDeps, task: object, onStart: (child: ChildProcess) => void): Promise<void> {
  const { logger, metrics } = deps;
  const child = fork(script, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  onStart(child);
  const end = await new Promise<Ended>((resolve) => {
    let last: Ended = { failed: 'the process of the backup died' };
    child.on('message', (message) => {
      const ended = Ended.safeParse(message);
      if (ended.success) last = ended.data;
      else void answerChild(deps, message).then((answer) => child.connected && child.send(answer));
    });
    child.once('error', () => resolve(last));
    child.once('exit', () => resolve(last));
  });
  if ('done' in end) {
    metrics.record(metricNames.backupMs, end.done.tookMs);
    logger.info('backed up', end.done);
  } else if (!child.killed) {
    metrics.count(metricNames.backupFailuresTotal);
    logger.error('a backup failed; see docs/runbooks/mc-backup-old.md', { reason: end.failed });
  }
}

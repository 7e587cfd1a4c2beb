/** How a backup reaches the home that it is made of: in the same process, or as the child of the home that runs. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { BackupFacts } from '../../shared/backup/backup-statement.ts';
import type { HomeStatementDeps } from '../../shared/backup/file-home-statement.ts';
import { stateBackup } from '../../shared/backup/state-backup.ts';
import { hasCode, McError } from '../../shared/core/errors.ts';
import type { BackedUpHome } from '../../shared/embedded/backup/make-backup.ts';
import { integrateLog } from '../../shared/log/integrate-log.ts';
import { Bundle } from '../../shared/receipt/bundle.ts';

/** A home under load holds its table for milliseconds at a time; so often is that waited for. */
const [tries, pauseMs] = [50, 100];

/** Over stores that this process opened, beside a home that may run: whoever finds the table in use comes again. */
export function homeOverStores(deps: HomeStatementDeps): BackedUpHome {
  return { integrate: () => again(() => integrateLog(deps)), state: (facts) => again(() => stateBackup(deps, facts)) };
}

async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let left = tries; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left === 0 || !hasCode(error, 'mc:store:unavailable')) throw error;
      await delay(pauseMs);
    }
  }
}

/** What the child asks of the home, and what it is answered. */
const HomeRequest = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('integrate') }),
  z.strictObject({ ask: z.literal('state'), facts: BackupFacts }),
]);
const HomeAnswer = z.union([
  z.strictObject({ ok: z.literal(true), bundle: Bundle.optional() }),
  z.strictObject({ ok: z.literal(false), why: z.string() }),
]);
type HomeAnswer = z.infer<typeof HomeAnswer>;

/** Asks the process that started this one. */
export function homeOverParent(): BackedUpHome {
  const ask = async (request: z.infer<typeof HomeRequest>): Promise<Bundle | undefined> => {
    const answered = new Promise<unknown>((resolve) => process.once('message', resolve));
    process.send?.(request);
    const answer = HomeAnswer.parse(await answered);
    if (answer.ok) return answer.bundle;
    throw new McError('mc:store:unavailable', `the home did not do its part of the backup: ${answer.why}`);
  };
  return {
    integrate: () => ask({ ask: 'integrate' }),
    state: async (facts) => Bundle.parse(await ask({ ask: 'state', facts })),
  };
}

/** The home's part, for a request of its child. */
export async function answerChild(deps: HomeStatementDeps, message: unknown): Promise<HomeAnswer> {
  try {
    const request = HomeRequest.parse(message);
    if (request.ask === 'state') return { ok: true, bundle: await stateBackup(deps, request.facts) };
    await integrateLog(deps);
    return { ok: true };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

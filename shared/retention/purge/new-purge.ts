import type { Id } from '../../core/id.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { Purge, PurgedRun, PurgeKind } from './purge-record.ts';

/** What a purge is begun with; `again` is the purge that is done once more after a restore. */
export interface NewPurge<K extends PurgeKind = PurgeKind> {
  kind: K;
  reason: string;
  /** A program of the home, or whoever asked for it. */
  startedBy: string | Actor;
  runs?: readonly PurgedRun[];
  again?: Id<'purge'>;
}

/** A purge that begins now, as its record has it. */
export function newPurge({ ids, clock }: Pick<Deps, 'ids' | 'clock'>, { kind, reason, startedBy, runs = [], again }: NewPurge): Purge {
  const starter =
    typeof startedBy === 'string'
      ? { startedBy }
      : { startedBy: startedBy.sub, asker: { tenant: startedBy.tenant, roles: [...startedBy.roles] } };
  return {
    ...{ id: ids.next('purge'), kind, state: 'open', reason, startedAt: isoTime(clock.now()), ...starter, endedAt: null },
    ...{ runs: [...runs], again: again ?? null, counts: null, manifest: null },
  };
}

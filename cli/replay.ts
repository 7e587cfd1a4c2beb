/** A whole replay, added up from its pages. */
import type { ReplayPage } from '../shared/replay/replay.ts';

export type Replay = Omit<ReplayPage, 'cursor'> & {
  /** What the newly denied decisions had estimated; runs that never began are in it. */
  estimatedCostUSD: number;
  /** What those of them cost that ran to their seal. */
  measuredCostUSD: number;
};

/** The replay before its first page. */
export function emptyReplay({ pack, digest }: ReplayPage): Replay {
  const counts = { judged: 0, skipped: 0, unchanged: 0, newlyAllowed: 0, newlyWarned: 0 };
  return { pack, digest, ...counts, newlyDenied: [], estimatedCostUSD: 0, measuredCostUSD: 0 };
}

/** The replay with one more page. */
export function withPage(replay: Replay, page: ReplayPage): Replay {
  return {
    ...replay,
    judged: replay.judged + page.judged,
    skipped: replay.skipped + page.skipped,
    unchanged: replay.unchanged + page.unchanged,
    newlyAllowed: replay.newlyAllowed + page.newlyAllowed,
    newlyWarned: replay.newlyWarned + page.newlyWarned,
    newlyDenied: [...replay.newlyDenied, ...page.newlyDenied],
    estimatedCostUSD: replay.estimatedCostUSD + page.newlyDenied.reduce((sum, row) => sum + row.estimatedCostUSD, 0),
    measuredCostUSD: replay.measuredCostUSD + page.newlyDenied.reduce((sum, row) => sum + (row.measuredCostUSD ?? 0), 0),
  };
}

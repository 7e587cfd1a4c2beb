/** Learns which sandboxes are asked for, so that those are kept ready that will be asked for again. */
import type { CommandLimits } from '../isolation.ts';

/** What was asked for longer ago says nothing about the next minute. */
const windowMs = 2 * 60_000;
/** Asks that are remembered; more would not change the shares. */
const remembered = 64;

interface Ask {
  kind: string;
  limits: CommandLimits;
  at: number;
}

/** So many sandboxes of one kind. */
export interface Wanted {
  kind: string;
  limits: CommandLimits;
  count: number;
}

/** Sandboxes of the same kind may stand in for each other; how long the attempt may take is bound later. */
export function kindOf({ resourceClass, memoryBytes, scratchBytes }: CommandLimits): string {
  return `${resourceClass}/${memoryBytes}/${scratchBytes}`;
}

export class Demand {
  #asks: Ask[];

  /** Begins with the guess that this will be asked for first. */
  constructor(first: CommandLimits, now: number) {
    this.#asks = [{ kind: kindOf(first), limits: first, at: now }];
  }

  note(limits: CommandLimits, now: number): void {
    this.#asks.push({ kind: kindOf(limits), limits, at: now });
    if (this.#asks.length > remembered) this.#asks.shift();
  }

  /**
   * What to keep ready, at most `size` in all: as many of a kind as were asked for in the last minutes, by shares where that is more than `size`. After that
   * time one of the kind that was asked for last, so that an idle home keeps little.
   */
  wanted(size: number, now: number): Wanted[] {
    if (size === 0) return [];
    const recent = this.#asks.filter(({ at }) => at > now - windowMs);
    const asks = recent.length > 0 ? recent : this.#asks.slice(-1);
    const kinds = Map.groupBy(asks, ({ kind }) => kind);
    const share = Math.min(1, size / asks.length);
    const exact = [...kinds].map(([kind, of]) => ({ kind, limits: longest(of), exact: of.length * share }));
    const rounded = exact.map((one) => ({ ...one, count: Math.floor(one.exact) }));
    // What rounding left over goes to those that lost most by it.
    let left = Math.min(size, asks.length) - rounded.reduce((sum, { count }) => sum + count, 0);
    for (const one of rounded.toSorted((a, b) => b.exact - b.count - (a.exact - a.count))) if (left-- > 0) one.count += 1;
    return rounded.filter(({ count }) => count > 0).map(({ kind, limits, count }) => ({ kind, limits, count }));
  }
}

/** A limit can be lowered when an attempt is bound, and not raised. */
function longest(asks: readonly Ask[]): CommandLimits {
  return asks.map(({ limits }) => limits).reduce((a, b) => (b.timeoutMs > a.timeoutMs ? b : a));
}

import { LRUCache } from 'lru-cache';
import type { PackVerdict } from '../../shared/port/policy-engine.ts';

const cacheLimits = {
  /** Views a pack is asked about again within a minute in the busiest home measured. */
  entries: 2_000,
  /** Seven packs, 4 MiB each: less than their modules take once compiled. */
  bytes: 4 * 1024 * 1024,
  /** A view of hundreds of tasks is asked about rarely, and would drive out a hundred small ones. */
  entryBytes: 64 * 1024,
} as const;

/**
 * Verdicts by the question they answer. Sound because a verdict depends on nothing but the bytes of the pack and the bytes it is shown: no
 * clock, no randomness and no network reach a rule. Only verdicts are kept, never failures.
 */
export class VerdictCache {
  readonly #verdicts = new LRUCache<string, PackVerdict>({
    max: cacheLimits.entries,
    maxSize: cacheLimits.bytes,
    maxEntrySize: cacheLimits.entryBytes,
    // Two bytes a character, and what the reasons of a verdict take.
    sizeCalculation: (verdict, question) => 2 * question.length + 2 * JSON.stringify(verdict).length,
  });

  find(question: string): PackVerdict | undefined {
    return this.#verdicts.get(question);
  }

  /** Keeps a verdict, and freezes it: whoever is given it later must find it as it was. */
  keep(question: string, verdict: PackVerdict): PackVerdict {
    for (const entry of verdict.entries) Object.freeze(entry);
    Object.freeze(verdict.entries);
    this.#verdicts.set(question, Object.freeze(verdict));
    return verdict;
  }
}

import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { pruneCache, type CachedImage } from '../../../shared/scaling/prune-cache.ts';

const now = 1_000_000;
const image = (name: string, ageMs: number, more: Partial<CachedImage> = {}): CachedImage => ({
  name,
  sizeBytes: 10,
  lastUsedAt: now - ageMs,
  isInUse: false,
  ...more,
});
const roomy = { maxBytes: 1_000, maxIdleMs: 100 };

describe('what a cache gives up', () => {
  test('nothing while there is room and everything was used lately', () => {
    expect(pruneCache([image('a', 100), image('b', 0)], now, roomy)).toEqual([]);
  });

  test('what nobody used for too long, although there is room', () => {
    expect(pruneCache([image('new', 1), image('old', 101)], now, roomy)).toEqual(['old']);
  });

  test('what was used longest ago, until the rest fits; of two as old the larger one', () => {
    const images = [image('third', 10), image('first', 50), image('second', 30, { sizeBytes: 20 }), image('also', 30)];
    expect(pruneCache(images, now, { ...roomy, maxBytes: 30 })).toEqual(['first', 'second']);
  });

  test('never what is in use, however old and large, even when the rest does not make room', () => {
    const images = [image('running', 900, { isInUse: true, sizeBytes: 500 }), image('idle', 5)];
    expect(pruneCache(images, now, { maxBytes: 100, maxIdleMs: 10 })).toEqual(['idle']);
    expect(pruneCache(images.slice(0, 1), now, { maxBytes: 100, maxIdleMs: 10 })).toEqual([]);
  });

  test('afterwards it fits and nothing is too old, but for what is in use; and nothing more was given up than that takes', () => {
    const images = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 4 }),
        sizeBytes: fc.nat(50),
        lastUsedAt: fc.integer({ min: 0, max: now }),
        isInUse: fc.boolean(),
      }),
      { selector: ({ name }) => name, maxLength: 20 },
    );
    fc.assert(
      fc.property(images, fc.nat(200), fc.nat(now), (cached, maxBytes, maxIdleMs) => {
        const removed = pruneCache(cached, now, { maxBytes, maxIdleMs });
        const kept = cached.filter(({ name }) => !removed.includes(name));
        const bytes = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        const givable = kept.filter(({ isInUse }) => !isInUse);
        expect(cached.filter(({ name, isInUse }) => isInUse && removed.includes(name))).toEqual([]);
        expect(givable.every(({ lastUsedAt }) => now - lastUsedAt <= maxIdleMs)).toBe(true);
        expect(givable.length === 0 || bytes <= maxBytes).toBe(true);
        const last = cached.find(({ name }) => name === removed.at(-1));
        if (last) expect(now - last.lastUsedAt > maxIdleMs || bytes + last.sizeBytes > maxBytes).toBe(true);
      }),
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { boundedReasons } from '../../../shared/decision/bounded-reasons.ts';
import type { PackVerdict, RuleEntry } from '../../../shared/port/policy-engine.ts';
import { allowing } from '../../support/fake-policy.ts';

const reason = (effect: RuleEntry['effect'], rule: string, length = 200): RuleEntry => {
  const text = 'x'.repeat(length);
  return { effect, rule, message: text, got: text, allowed: text, solution: text };
};
const saying = (pack: string, entries: RuleEntry[]): PackVerdict => {
  const verdict = entries.some(({ effect }) => effect === 'deny') ? 'deny' : 'warn';
  return { ...allowing(pack), verdict, entries };
};
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const bytesOf = (packs: readonly PackVerdict[]): number => Buffer.byteLength(JSON.stringify(packs.map(({ entries }) => entries)));
const limit = 48 * 1024;

describe('the reasons of a decision', () => {
  test('stay as they are while a record has room for them', () => {
    const packs = [
      allowing('a'),
      saying(
        'b',
        many(45, (index) => reason('deny', `b.r${index}`)),
      ),
    ];
    expect(boundedReasons(packs)).toEqual(packs);
  });

  test('are cut beyond that, with the number of those left out, and no verdict changes', () => {
    const entries = [reason('deny', 'b.first'), ...many(99, (index) => reason('warn', `b.r${index}`, 2_000))];
    const found = boundedReasons([allowing('a'), saying('b', entries)]);
    expect(bytesOf(found)).toBeLessThan(limit);
    const [, cut] = found;
    expect(cut).toMatchObject({
      verdict: 'deny',
      entries: [{ effect: 'deny', rule: 'b.first' }, { rule: 'b.r0' }, {}, {}, {}, {}, {}],
    });
    expect(cut?.entries.at(-1)).toMatchObject({ effect: 'warn', rule: 'b.more', message: '94 further reasons are not shown.' });
  });

  test('that are left out still deny', () => {
    const [cut] = boundedReasons([
      saying(
        'b',
        many(100, (index) => reason('deny', `b.r${index}`, 2_000)),
      ),
    ]);
    expect(cut?.entries.at(-1)).toMatchObject({ effect: 'deny', rule: 'b.more' });
  });

  test('of as many packs as there can be, in any script, have room in a record, each pack with one', () => {
    const entry = { ...reason('deny', 'p.x'), message: '\u0001'.repeat(2_000), got: '禁'.repeat(2_000) };
    const found = boundedReasons(
      many(27, (index) =>
        saying(
          `p${index}`,
          many(100, () => entry),
        ),
      ),
    );
    expect(bytesOf(found)).toBeLessThan(limit);
    expect(new Set(found.map(({ entries }) => entries.length))).toEqual(new Set([2]));
    expect(new Set(found.flatMap(({ entries }) => entries.map(({ effect }) => effect)))).toEqual(new Set(['deny']));
  });
});

/** What the table knows from memory is never other than what its file and its journal say together. */
import { describe, expect, test } from '@jest/globals';
import { CachedItems } from '../../../shared/embedded/sqlite/cached-items.ts';
import { KeyFilter } from '../../../shared/embedded/sqlite/key-filter.ts';
import { KnownAbsent } from '../../../shared/embedded/sqlite/known-absent.ts';
import { KnownItems } from '../../../shared/embedded/sqlite/known-items.ts';
import type { ItemChange } from '../../../shared/embedded/sqlite/staged-changes.ts';
import { itemId } from '../../../shared/port/table-rules.ts';
import type { Item, Key } from '../../../shared/port/table.ts';

const keyOf = (sk: string, pk = 'p'): Key => ({ pk, sk });
const idOf = (sk: string, pk = 'p'): string => itemId({ pk, sk });
const itemOf = (sk: string, value = 0): Item => ({ pk: 'p', sk, value });
const changeOf = (sk: string, isKnown = false): ItemChange => ({
  id: idOf(sk),
  key: keyOf(sk),
  item: itemOf(sk),
  body: '{}',
  isKnown,
});

describe('items in memory', () => {
  test('what the file lacks stays, however much was kept since', () => {
    const cached = new CachedItems(100);
    cached.change(1, 'a', itemOf('a'), 10);
    for (let n = 0; n < 100; n += 1) {
      cached.change(2, `other-${n}`, itemOf('other'), 10);
      cached.keep(`read-${n}`, itemOf('read'), 10);
    }
    expect(cached.find('a', false)).toMatchObject({ item: { sk: 'a' } });
    expect(new Set(cached.unapplied()).size).toBe(101);
  });

  test('what the file has goes when others take its place, and what was used since stays longer', () => {
    const cached = new CachedItems(100);
    cached.change(1, 'idle', itemOf('idle'), 10);
    cached.change(1, 'used', itemOf('used'), 10);
    cached.applied(1);
    for (let n = 0; n < 6; n += 1) cached.keep(`first-${n}`, itemOf('first'), 10);
    expect(cached.find('used', true)).toBeDefined();
    for (let n = 0; n < 6; n += 1) cached.keep(`second-${n}`, itemOf('second'), 10);
    expect([cached.find('idle', true), cached.find('used', true)]).toEqual([undefined, expect.objectContaining({ item: itemOf('used') })]);
  });

  test('an item that changes often takes the place of one', () => {
    const cached = new CachedItems(100);
    cached.keep('idle', itemOf('idle'), 10);
    for (let seq = 1; seq < 100; seq += 1) {
      cached.change(seq, 'busy', itemOf('busy', seq), 10);
      cached.applied(seq);
    }
    expect(cached.find('idle', true)).toBeDefined();
  });

  test('memory that is full of what has to stay takes nothing that was only read', () => {
    const cached = new CachedItems(20);
    for (let n = 0; n < 5; n += 1) cached.change(1, `dirty-${n}`, itemOf('dirty'), 10);
    cached.keep('read', itemOf('read'), 10);
    expect(cached.find('read', true)).toBeUndefined();
    cached.applied(1);
    cached.keep('read', itemOf('read'), 10);
    expect(cached.find('read', true)).toBeDefined();
  });

  test('a pause gives back what the file has, and nothing while it lacks some of it', () => {
    const cached = new CachedItems(100);
    cached.change(1, 'a', itemOf('a'), 10);
    cached.keep('b', itemOf('b'), 10);
    cached.release();
    expect([cached.find('a', true), cached.find('b', true)]).toMatchObject([{ item: itemOf('a') }, { item: itemOf('b') }]);
    cached.applied(1);
    cached.release();
    expect([cached.find('a', true), cached.find('b', true)]).toEqual([undefined, undefined]);
  });

  test('what others may have changed counts until the file has it, and the newest change at once', () => {
    const cached = new CachedItems(0);
    cached.change(1, 'a', itemOf('a', 1), 10);
    cached.change(2, 'a', itemOf('a', 2), 10);
    cached.applied(1);
    expect(cached.find('a', false)).toMatchObject({ item: { value: 2 } });
    cached.change(3, 'a', undefined, 0);
    cached.applied(2);
    expect(cached.find('a', false)).toMatchObject({ item: undefined });
    cached.applied(3);
    expect(cached.find('a', false)).toBeUndefined();
  });
});

describe('what is known to be absent', () => {
  test('reaches from the key that was looked for to the next one of the file, and not beyond', () => {
    const absent = new KnownAbsent();
    expect(absent.has(idOf('5'))).toBe(false);
    absent.learn(keyOf('5'), keyOf('8'));
    const known = ['4', '5', '50', '7', '8', '9'].filter((sk) => absent.has(idOf(sk)));
    expect(known).toEqual(['5', '50', '7']);
    absent.learn(keyOf('4'), keyOf('8'));
    expect(['3', '4', '7'].filter((sk) => absent.has(idOf(sk)))).toEqual(['4', '7']);
    absent.learn(keyOf('6'), keyOf('8')); // Less than is known.
    expect(absent.has(idOf('4'))).toBe(true);
  });

  test('compares both parts of a key, and reaches to the end when nothing follows', () => {
    const absent = new KnownAbsent();
    absent.learn(keyOf('z', 'p#1'), undefined);
    expect([idOf('y', 'p#1'), idOf('z', 'p#1'), idOf('a', 'p#2'), idOf('z', 'p')].map((id) => absent.has(id))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('never names what was written since', () => {
    const absent = new KnownAbsent();
    absent.learn(keyOf('a'), undefined);
    const keys = Array.from({ length: 20_000 }, (_, n) => idOf(`b-${n}`));
    for (const key of keys) absent.written(key);
    expect(keys.filter((key) => absent.has(key))).toEqual([]);
    expect(keys.filter((key) => !absent.has(`${key}-other`)).length).toBeLessThan(20);
  });

  test('knows nothing of keys whose order JavaScript and SQLite see differently', () => {
    const absent = new KnownAbsent();
    absent.learn(keyOf('\u{1F600}'), undefined); // Before U+FF5E for JavaScript, and after it for SQLite.
    expect(absent.has(idOf('\uff5e'))).toBe(false);
    absent.learn(keyOf('a'), keyOf('\uff5e'));
    expect(absent.has(idOf('b'))).toBe(false);
    absent.learn(keyOf('a'), undefined);
    expect([absent.has(idOf('\uff5e')), absent.has(idOf('b'))]).toEqual([false, true]);
  });
});

describe('what is known of the items of a table', () => {
  const none = (): boolean => false;

  test('of an entry that nobody has seen nothing is known to be absent any more', () => {
    const known = new KnownItems(none);
    known.readNothing(keyOf('a'), undefined);
    expect(known.find(keyOf('b'), idOf('b'))).toMatchObject({ item: undefined });
    known.missed(7);
    expect(known.find(keyOf('b'), idOf('b'))).toBeUndefined();
  });

  test('when so much was written that it begins anew, what the file lacks is not taken for absent', () => {
    const known = new KnownItems(none);
    known.changed(1, [changeOf('early')]);
    known.applied(1);
    known.changed(2, [changeOf('waits')]);
    const filter = new KeyFilter();
    let filled = 0;
    while (!filter.isFull) filter.add(`${(filled += 1)}`);
    known.readNothing(keyOf('a'), undefined);
    known.changed(
      3,
      Array.from({ length: filled }, (_, n) => changeOf(`n-${n}`)),
    );
    expect(known.find(keyOf('other'), idOf('other'))).toBeUndefined(); // It did begin anew.
    known.readNothing(keyOf('a'), undefined); // As the file is, which lacks what waits.
    known.applied(3);
    expect(known.find(keyOf('waits'), idOf('waits'))).toBeUndefined();
    expect(known.find(keyOf('other'), idOf('other'))).toMatchObject({ item: undefined });
  });
});

import { createHash } from 'node:crypto';
import type { Item } from '../../../shared/port/table.ts';
import { numberOf, textOf } from './read-item.ts';
import type { Expect } from './stored-run.ts';

/** A tile of the log holds so many; a world has fewer statements, so all entries are at the edge. */
const fullBundle = 256;

const sha256 = (...parts: (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafOf = (entry: string): Buffer => sha256(Buffer.of(0), entry);

/** RFC 6962 §2.1 word by word: not the engine's own tree. */
function definedRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length < 2) return leaves[0] ?? sha256();
  const split = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
  return sha256(Buffer.of(1), definedRoot(leaves.slice(0, split)), definedRoot(leaves.slice(split)));
}

/** Every statement stands in the log once or waits for it, and every checkpoint that was ever signed is one of the same log. */
export function checkLog(items: readonly Item[], expect: Expect): void {
  const inLog = items.filter(({ pk }) => pk.startsWith('SYS#LOG'));
  const part = (prefix: string): Item[] => inLog.filter(({ pk }) => pk.startsWith(`SYS#LOG#${prefix}`));
  const own = (sk: string): Item | undefined => inLog.find((item) => item.pk === 'SYS#LOG' && item.sk === sk);
  const [head, edge, batch] = [own('HEAD'), own('EDGE'), own('BATCH')];
  const entries = (edge?.['entries'] ?? []) as string[];
  const size = numberOf(head, 'size');
  expect(size < fullBundle && entries.length === size, 'the log is whole', `${entries.length} entries, the head says ${size}`);
  const leaves = entries.map((entry) => leafOf(entry));
  const names = leaves.map((leaf) => leaf.toString('hex'));
  expect(new Set(names).size === names.length, 'logged once', 'an entry stands in the log twice');
  for (const item of part('LEAF'))
    expect(names[numberOf(item, 'index')] === item.sk, 'the log is whole', `${item.sk} is not entry ${textOf(item, 'index')}`);
  const isFiled = head?.['isFiled'] !== false;
  const begun = new Set(isFiled ? [] : (batch?.['leaves'] as string[]));
  const filed = new Set(part('LEAF').map(({ sk }) => sk));
  for (const { sk } of part('PENDING'))
    expect(begun.has(sk) || !names.includes(sk), 'logged once', `${sk} is in the log and waits to be appended again`);
  for (const name of names) expect(filed.has(name) || begun.has(name), 'the log is whole', `nobody knows where ${name} is in the log`);
  const waiting = new Set(part('PENDING').map(({ sk }) => sk));
  for (const item of items.filter(({ leaf }) => typeof leaf === 'string')) {
    const leaf = textOf(item, 'leaf');
    expect(
      names.includes(leaf) || waiting.has(leaf),
      'every statement is logged',
      `${item.pk} ${item.sk} is neither in the log nor does it wait`,
    );
  }
  for (const item of part('CHECKPOINT')) {
    const [, told, root] = textOf(item, 'note').split('\n');
    const defined = definedRoot(leaves.slice(0, Number(told))).toString('base64');
    expect(
      Number(item.sk) === Number(told) && root === defined,
      'checkpoints are of one log',
      `the checkpoint ${item.sk} says ${String(told)} ${String(root)}`,
    );
  }
}

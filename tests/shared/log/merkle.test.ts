/** The tree of the log against RFC 6962's own vectors and against a tree written from its definition alone. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leafHash, treeHash } from '../../../shared/core/merkle-hash.ts';
import { buildConsistencyProof, isConsistent } from '../../../shared/log/consistency-proof.ts';
import { buildInclusionProof, rootFromInclusion } from '../../../shared/log/inclusion-proof.ts';
import { rootOf } from '../../../shared/log/tree-edge.ts';
import { memoryLog, type MemoryLog } from '../../support/log/memory-log.ts';

/** The leaves and roots that implementations of RFC 6962 are checked with. */
const vectorLeaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const vectorRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** RFC 6962 §2.1 word by word, with no regard to speed. */
function definedRoot(leaves: readonly Buffer[]): Buffer {
  const sha = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0] ?? Buffer.alloc(0);
  const split = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
  return sha(Buffer.of(1), definedRoot(leaves.slice(0, split)), definedRoot(leaves.slice(split)));
}

const entry = (index: number): string => `entry ${index}`;
const entries = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => entry(from + at));
const knownRoots = new Map<number, Buffer>();
function rootAt(size: number): Buffer {
  const root = knownRoots.get(size) ?? definedRoot(entries(0, size).map((text) => leafHash(text)));
  knownRoots.set(size, root);
  return root;
}

function logOf(size: number, batches: readonly number[] = [size]): MemoryLog {
  const log = memoryLog();
  let at = 0;
  for (const batch of batches) {
    const to = Math.min(size, at + batch);
    log.append(entries(at, to));
    at = to;
  }
  log.append(entries(at, size));
  return log;
}

const flipped = (hash: Uint8Array): Buffer => {
  const copy = Buffer.from(hash);
  copy.writeUInt8(copy.readUInt8(7) ^ 1, 7);
  return copy;
};

test('has the roots of the RFC 6962 vectors', () => {
  const leaves = vectorLeaves.map((hex) => leafHash(Buffer.from(hex, 'hex')));
  expect(vectorRoots.map((_, size) => treeHash(leaves.slice(0, size)).toString('hex'))).toEqual(vectorRoots);
});

describe('appending', () => {
  test('in any batches gives the defined root and the same tiles as all at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 12 }), (size, batches) => {
        const whole = logOf(size);
        const grown = logOf(size, batches);
        expect(grown.root()).toEqual(rootAt(size));
        expect(grown.edge()).toEqual(whole.edge());
        expect([...grown.tiles].sort()).toEqual([...whole.tiles].sort());
      }),
      { numRuns: 25 },
    );
  });

  test('fills a tile of the second level from 65,536 entries', () => {
    const log = logOf(65_537);
    expect([...log.tiles.keys()].filter((path) => path.startsWith('tile/1/'))).toEqual(['tile/1/000']);
    expect(log.edge().levels.map(({ length }) => length)).toEqual([1, 0, 1]);
    expect(rootOf(log.edge())).toEqual(rootAt(65_537));
  });
});

describe('an inclusion proof', () => {
  test('leads to the root of the tree of that size, also when the log has grown since, and to no other', async () => {
    const log = logOf(700);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 700 }), fc.nat(), async (size, seed) => {
        const place = { index: seed % size, size };
        const proof = await buildInclusionProof(log, place);
        const leaf = leafHash(entry(place.index));
        expect(rootFromInclusion(leaf, place, proof)).toEqual(rootAt(size));
        expect(rootFromInclusion(flipped(leaf), place, proof)).not.toEqual(rootAt(size));
        expect(rootFromInclusion(leaf, place, [...proof, leaf])).toBeUndefined();
        for (const at of proof.keys()) {
          expect(rootFromInclusion(leaf, place, proof.with(at, flipped(proof[at] ?? leaf)))).not.toEqual(rootAt(size));
          expect(rootFromInclusion(leaf, place, proof.toSpliced(at, 1))).not.toEqual(rootAt(size));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('for another place, or one outside the tree, proves nothing', async () => {
    const log = logOf(7);
    const proof = await buildInclusionProof(log, { index: 2, size: 7 });
    const leaf = leafHash(entry(2));
    for (let index = 0; index < 7; index += 1)
      if (index !== 2) expect(rootFromInclusion(leaf, { index, size: 7 }, proof)).not.toEqual(log.root());
    for (const index of [-1, 7, 0.5, NaN, Infinity]) expect(rootFromInclusion(leaf, { index, size: 7 }, proof)).toBeUndefined();
  });
});

describe('a consistency proof', () => {
  test('holds between any two sizes of one log', async () => {
    const log = logOf(700);
    await fc.assert(
      fc.asyncProperty(fc.nat(700), fc.nat(700), async (one, two) => {
        const [oldSize, newSize] = [Math.min(one, two), Math.max(one, two)];
        const [older, newer] = [oldSize, newSize].map((size) => ({ size, root: rootAt(size) }));
        if (!older || !newer) throw new Error('two heads');
        const proof = await buildConsistencyProof(log, oldSize, newSize);
        expect(isConsistent(older, newer, proof)).toBe(true);
        if (oldSize > 0) expect(isConsistent({ ...older, root: flipped(older.root) }, newer, proof)).toBe(false);
        if (oldSize > 0) expect(isConsistent(older, { ...newer, root: flipped(newer.root) }, proof)).toBe(false);
        expect(isConsistent(older, newer, [...proof, older.root])).toBe(false);
        for (const at of proof.keys()) {
          expect(isConsistent(older, newer, proof.with(at, flipped(proof[at] ?? older.root)))).toBe(false);
          expect(isConsistent(older, newer, proof.toSpliced(at, 1))).toBe(false);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('does not hold for a log in which one old entry was changed, or for one that shrank', async () => {
    const older = { size: 300, root: rootAt(300) };
    const forged = memoryLog();
    forged.append(entries(0, 600).with(17, 'another'));
    const proof = await buildConsistencyProof(forged, 300, 600);
    expect(isConsistent(older, { size: 600, root: forged.root() }, proof)).toBe(false);
    expect(isConsistent({ size: 600, root: rootAt(600) }, older, [])).toBe(false);
  });
});

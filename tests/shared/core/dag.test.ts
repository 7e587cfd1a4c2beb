import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ancestorsOf, cyclesOf, depthsOf, needsGraph } from '../../../shared/core/dag.ts';

type Node = { id: string; needs: string[] };
const graph = (needs: Record<string, string[]>) => needsGraph(Object.entries(needs).map(([id, of]) => ({ id, needs: of })));

/** Nodes that need only nodes before them: acyclic, and then shuffled. */
const acyclic = fc
  .array(fc.array(fc.nat(20), { maxLength: 5 }), { maxLength: 25 })
  .map((lists) => lists.map((list, at): Node => ({ id: `n${at}`, needs: list.filter((need) => need < at).map((need) => `n${need}`) })))
  .chain((nodes) => fc.shuffledSubarray(nodes, { minLength: nodes.length }));

const arbitrary = fc
  .array(fc.array(fc.nat(12), { maxLength: 4 }), { maxLength: 12 })
  .map((lists) => lists.map((list, at): Node => ({ id: `n${at}`, needs: list.map((need) => `n${need}`) })));

describe('an acyclic graph', () => {
  test('runs every node after everything it needs, one step after the deepest of them', () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const depths = depthsOf(needsGraph(nodes));
        const order = [...depths.keys()];
        expect([...order].sort()).toEqual(nodes.map(({ id }) => id).sort());
        for (const { id, needs } of nodes) {
          expect(depths.get(id)).toBe(Math.max(-1, ...needs.map((need) => depths.get(need) ?? NaN)) + 1);
          for (const need of needs) expect(order.indexOf(need)).toBeLessThan(order.indexOf(id));
        }
        expect(cyclesOf(needsGraph(nodes))).toEqual([]);
      }),
    );
  });

  test('keeps the declared order among nodes of one depth', () => {
    expect([...depthsOf(graph({ z: ['b'], b: [], y: ['a'], a: [] }))]).toEqual([
      ['b', 0],
      ['a', 0],
      ['z', 1],
      ['y', 1],
    ]);
  });

  test('knows what a node needs through others', () => {
    expect(ancestorsOf(graph({ d: ['c', 'b'], c: ['a'], b: ['a'], a: [], e: [] }), 'd')).toEqual(new Set(['a', 'b', 'c']));
    expect(ancestorsOf(graph({ a: [] }), 'gone')).toEqual(new Set());
  });
});

describe('any graph', () => {
  test('has a cycle exactly when some node has no depth; a cycle goes along needs and comes back', () => {
    fc.assert(
      fc.property(arbitrary, (nodes) => {
        const needs = needsGraph(nodes);
        const cycles = cyclesOf(needs);
        expect(cycles.length === 0).toBe(depthsOf(needs).size === nodes.length);
        for (const cycle of cycles) {
          expect(cycle.at(-1)).toBe(cycle[0]);
          expect(new Set(cycle).size).toBe(cycle.length - 1);
          for (const [at, node] of cycle.slice(0, -1).entries()) expect(needs.get(node)).toContain(cycle[at + 1]);
        }
        // Every node that needs itself through others is in a group that is explained once.
        for (const node of needs.keys()) {
          if (!ancestorsOf(needs, node).has(node)) continue;
          const group = new Set([...ancestorsOf(needs, node)].filter((other) => ancestorsOf(needs, other).has(node)));
          expect(cycles.filter((cycle) => cycle.every((member) => group.has(member)))).toHaveLength(1);
        }
      }),
    );
  });

  test('leaves out needs that are unknown, repeated or the node itself', () => {
    expect(graph({ a: ['a', 'b', 'b', 'zzz'], b: [] })).toEqual(
      new Map([
        ['a', ['b']],
        ['b', []],
      ]),
    );
  });

  test('names the shortest cycle', () => {
    expect(cyclesOf(graph({ a: ['b', 'c'], b: ['c'], c: ['a'] }))).toEqual([['a', 'c', 'a']]);
  });
});

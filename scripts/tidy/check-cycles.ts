/**
 * No import cycles, of files or of the domains of `shared`: a file in a cycle cannot be understood, tested or moved alone.
 * Types count too, for a reader follows them as well; an import() does not, for it is the honest way to come back later. Ports are left out of the second rule: a domain uses ports, and ports speak of its values.
 */
import { modulesOf } from './module.ts';
import type { Check } from './tree.ts';

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

const domainOf = (path: string): string | undefined => {
  const domain = /^shared\/([a-z-]+)\//.exec(path)?.[1];
  return domain && !['core', 'port', 'aws', 'embedded'].includes(domain) ? `shared/${domain}` : undefined;
};

export const checkCycles: Check = (tree) => {
  const files = new Map<string, Set<string>>();
  const domains = new Map<string, Set<string>>();
  const add = (edges: Map<string, Set<string>>, from: string | undefined, to: string | undefined): void => {
    if (from !== undefined && to !== undefined && from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
  };
  for (const { path, imports } of modulesOf(tree)) {
    for (const { target } of imports.filter(({ kind }) => kind === 'static')) {
      add(files, path, target);
      if (target !== undefined) add(domains, domainOf(path), domainOf(target));
    }
  }
  const fileCycles = cyclesOf(files).map((cycle) => ({ rule: 'import-cycle', path: cycle[0] ?? '', message: cycle.join(' → ') }));
  return [...fileCycles, ...cyclesOf(domains).map((cycle) => ({ rule: 'domain-cycle', path: cycle[0] ?? '', message: cycle.join(' → ') }))];
};

/** One cycle for each back edge of a depth-first walk, first and last entry equal; none exactly when the graph has no cycle. */
function cyclesOf(edges: Edges): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): void => {
    const seenAt = trail.indexOf(node);
    if (seenAt >= 0) cycles.push([...trail.slice(seenAt), node]);
    if (seenAt >= 0 || done.has(node)) return;
    trail.push(node);
    for (const next of edges.get(node) ?? []) visit(next);
    trail.pop();
    done.add(node);
  };
  for (const node of edges.keys()) visit(node);
  return cycles;
}

/** Pure graph questions about nodes that need other nodes. */

/** From node to the nodes it needs, in declared order: closed (every need is a node), without self-needs and repetitions. Made by `needsGraph`. */
export type NeedsGraph = ReadonlyMap<string, readonly string[]>;

/** The graph of these nodes; needs that are unknown, repeated or the node itself are left out, so whoever declared them must report them. */
export function needsGraph(nodes: Iterable<{ id: string; needs: readonly string[] }>): NeedsGraph {
  const all = [...nodes];
  const ids = new Set(all.map(({ id }) => id));
  return new Map(all.map(({ id, needs }) => [id, [...new Set(needs)].filter((need) => need !== id && ids.has(need))]));
}

function reversed(graph: NeedsGraph): NeedsGraph {
  const dependents = new Map<string, string[]>(Array.from(graph.keys(), (node) => [node, []]));
  for (const [node, needs] of graph) for (const need of needs) dependents.get(need)?.push(node);
  return dependents;
}

/** Depths in an order in which the nodes can run: 0 without needs, else one more than the deepest need. Nodes on or behind a cycle are absent. */
export function depthsOf(graph: NeedsGraph): Map<string, number> {
  const dependents = reversed(graph);
  const waiting = new Map(Array.from(graph, ([node, needs]) => [node, needs.length]));
  const depths = new Map<string, number>();
  let layer = [...graph.keys()].filter((node) => waiting.get(node) === 0);
  for (let depth = 0; layer.length > 0; depth++) {
    const released = new Set<string>();
    for (const node of layer) {
      depths.set(node, depth);
      for (const dependent of dependents.get(node) ?? []) {
        const left = (waiting.get(dependent) ?? 0) - 1;
        waiting.set(dependent, left);
        if (left === 0) released.add(dependent);
      }
    }
    layer = [...graph.keys()].filter((node) => released.has(node)); // Declared order within a depth.
  }
  return depths;
}

/** Every node that a node needs, directly or through others; itself only when it is on a cycle. */
export function ancestorsOf(graph: NeedsGraph, node: string): Set<string> {
  const found = new Set<string>();
  const open = [...(graph.get(node) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(graph.get(next) ?? []));
  }
  return found;
}

/** The shortest way from a node through its needs back to itself, starting and ending with it; undefined when there is none. */
function shortestCycle(graph: NeedsGraph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  let layer = [start];
  while (layer.length > 0) {
    const next: string[] = [];
    for (const node of layer) {
      for (const need of graph.get(node) ?? []) {
        if (need === start) return [...pathTo(node, cameFrom), start];
        if (cameFrom.has(need)) continue;
        cameFrom.set(need, node);
        next.push(need);
      }
    }
    layer = next;
  }
  return undefined;
}

function pathTo(node: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [node];
  for (let at = cameFrom.get(node); at !== undefined; at = cameFrom.get(at)) path.unshift(at);
  return path;
}

/** One shortest cycle for each group of nodes that need each other, as the path from a node back to itself. Empty for an acyclic graph. */
export function cyclesOf(graph: NeedsGraph): string[][] {
  const acyclic = depthsOf(graph);
  const dependents = reversed(graph);
  const explained = new Set<string>();
  const cycles: string[][] = [];
  for (const node of graph.keys()) {
    if (acyclic.has(node) || explained.has(node)) continue;
    const cycle = shortestCycle(graph, node);
    if (!cycle) continue; // The node only stands behind a cycle.
    cycles.push(cycle);
    // What both needs this node and is needed by it is of the same group, and this cycle explains the group.
    const needed = ancestorsOf(graph, node);
    for (const other of ancestorsOf(dependents, node)) if (needed.has(other)) explained.add(other);
  }
  return cycles;
}

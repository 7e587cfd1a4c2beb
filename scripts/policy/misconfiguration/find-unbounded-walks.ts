import type { Json } from '../../../shared/core/json/canonical-json.ts';
import type { Finding } from './finding.ts';
import { callOf, refParts, treeOf, walkTree, type PackTree } from './rego-tree.ts';

/** Calls whose work or result grows with the depth of a document or the size of a number, and which of their arguments says so. */
const growing: Readonly<Record<string, readonly number[]>> = {
  walk: [0],
  'graph.reachable': [0],
  'graph.reachable_paths': [0],
  'numbers.range': [0, 1],
  'numbers.range_step': [0, 1],
  'net.cidr_expand': [0],
  'regex.split': [1],
};

/** Values of a size that whoever wrote the pack has chosen: literals, and the pack's own data. */
function isFixed(term: Json | undefined): boolean {
  const parts = refParts(term);
  if (parts) return parts[0]?.['value'] === 'data';
  return !JSON.stringify(term ?? null).includes('"type":"var"');
}

/** Work whose amount the caller chooses: a verdict that comes too late is none, so one request could stop every other. */
export function findUnboundedWalks({ files }: PackTree): Finding[] {
  return files.flatMap(({ rules, place }) =>
    rules.flatMap((rule) =>
      [...walkTree(treeOf(rule), rule.location.row)].flatMap(({ node, row }): Finding[] => {
        const call = callOf(node);
        const open = call && growing[call.name]?.some((index) => !isFixed(call.args[index]));
        if (!call || open !== true) return [];
        return [
          {
            code: 'unbounded-walk',
            place: place(row),
            message: `${call.name} goes as far as its argument does, and nothing bounds that`,
            fix: 'Name the fields that are looked at (`some task in input.workflow.tasks`), or give it literals or data of the pack.',
          },
        ];
      }),
    ),
  );
}

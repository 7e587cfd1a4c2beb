import { z } from 'zod';
import { runOpa } from '../find-opa.ts';
import type { Finding } from './finding.ts';
import { callOf, treeOf, walkTree, type PackTree } from './rego-tree.ts';

const Capabilities = z.object({ builtins: z.array(z.object({ name: z.string(), nondeterministic: z.boolean().default(false) })) });

/** A function OPA brings along. */
export interface Builtin {
  name: string;
  nondeterministic: boolean;
}

/** Every built-in function of this OPA. */
export function readBuiltins(opa: string): Builtin[] {
  return Capabilities.parse(JSON.parse(runOpa(opa, ['capabilities', '--current'], { cwd: '.' }))).builtins;
}

/** Groups that OPA does not mark as a whole; a token, for one, is verified against the clock. */
const groups = ['io.', 'rand.', 'uuid.', 'http.', 'opa.'];

/** Calls that answer differently when asked again: recorded decisions could not be replayed. WebAssembly has none of them. */
export function findNondeterminism({ files }: PackTree, builtins: readonly Builtin[]): Finding[] {
  const marked = new Set(builtins.filter(({ nondeterministic }) => nondeterministic).map(({ name }) => name));
  return files.flatMap(({ rules, place }) =>
    rules.flatMap((rule) =>
      [...walkTree(treeOf(rule), rule.location.row)].flatMap(({ node, row }): Finding[] => {
        const name = callOf(node)?.name ?? '';
        if (!marked.has(name) && !groups.some((group) => name.startsWith(group))) return [];
        const message = `${name} may answer differently when asked again, so its decision could not be replayed`;
        return [{ code: 'nondeterministic', place: place(row), message, fix: 'Judge by the input and the data of the pack alone.' }];
      }),
    ),
  );
}

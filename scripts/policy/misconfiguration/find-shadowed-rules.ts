/** Names that hide something: what is meant is then not what is evaluated. */
import type { Json, JsonObject } from '../../../shared/core/json/canonical-json.ts';
import type { Builtin } from './find-nondeterminism.ts';
import type { Finding } from './finding.ts';
import { nameOf, ruleName, treeOf, type PackTree, type RegoFile } from './rego-tree.ts';
import { localNames } from './local-names.ts';

const rename = 'Give one of the two another name.';

function finding(place: string, message: string): Finding {
  return { code: 'shadowed-rule', place, message, fix: rename };
}

/** What the file imports; `rego.v1` and `future.keywords` bring no name. */
const importedNames = ({ imports }: RegoFile): string[] =>
  imports
    .filter(({ path }) => ['data', 'input'].includes(nameOf(path.value[0])))
    .map(({ alias, path }) => alias ?? nameOf(path.value.at(-1)));

/** Data of the pack that lies where the rules of a package lie. */
function dataBeside(data: JsonObject, packagePath: string): string[] {
  const [, ...names] = packagePath.split('.');
  const found = names.reduce<Json | undefined>(
    (json, name) => (typeof json === 'object' && json !== null && !Array.isArray(json) ? json[name] : undefined),
    data,
  );
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.keys(found) : [];
}

function hiddenByRules({ files, data }: PackTree, builtins: readonly Builtin[]): Finding[] {
  // `time.now_ns` is hidden by a rule called `time` as well.
  const builtinNames = new Set(builtins.flatMap(({ name }) => [name, name.slice(0, Math.max(0, name.indexOf('.')))]));
  const packages = files.map(({ packagePath }) => packagePath);
  return files.flatMap((file) => {
    const imported = new Set(importedNames(file));
    const besides = new Set(dataBeside(data, file.packagePath));
    return file.rules.flatMap((rule) => {
      const name = ruleName(rule);
      const full = `${file.packagePath}.${name}`;
      const hidden = [
        ...(imported.has(name) ? [`the import ${name}`] : []),
        ...(builtinNames.has(name) ? [`the built-in function ${name}`] : []),
        ...(besides.has(name) ? [`the data of the pack at ${full}`] : []),
        ...packages.filter((path) => path === full || path.startsWith(`${full}.`)).map((path) => `the package ${path}`),
      ];
      return hidden.map((what) => finding(file.place(rule.location.row), `the rule ${name} hides ${what}`));
    });
  });
}

function hiddenByLocals({ files }: PackTree): Finding[] {
  return files.flatMap((file) => {
    const rules = files.filter(({ packagePath }) => packagePath === file.packagePath).flatMap((other) => other.rules.map(ruleName));
    const named = new Set([...rules, ...importedNames(file)]);
    return file.rules.flatMap((rule) =>
      localNames(treeOf(rule), rule.location.row)
        .filter(({ name }) => named.has(name))
        .map(({ name, row }) => finding(file.place(row), `the local name ${name} hides the rule or import ${name}`)),
    );
  });
}

/** Rules that hide imports, built-in functions, data or packages, and local names that hide rules. */
export function findShadowedRules(tree: PackTree, builtins: readonly Builtin[]): Finding[] {
  return [...hiddenByRules(tree, builtins), ...hiddenByLocals(tree)];
}

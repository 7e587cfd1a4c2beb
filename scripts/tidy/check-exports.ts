/**
 * Nothing dead: every file is reached from an entry point, and every exported value is imported by another file.
 * A file that only its tests import is dead too. A type or schema (PascalCase)
 * may stay unimported when its own file uses it: it is a word of the domain and spells out signatures.
 */
import { modulesOf, type Module } from './module.ts';
import type { Check, Finding } from './tree.ts';

/** Files that a tool, a cloud or npm opens by their path, and templates that are copied as they are. */
const entryPoint =
  /^[^/]+$|^(cli\/(main\.ts|bin\/|templates\/)|scripts\/(bench\/commands\/)?[^/]+$|stacks\/app\.ts$|functions\/(http|task|queue|schedule|stream|azure|gcp)\/|catalog\/packages\/.+\/index\.ts$|tests\/)/;
/** What those places look for. */
const entryNames = new Set(['default', 'handler', 'operation']);

const isTest = (path: string): boolean => path.startsWith('tests/');

export const checkExports: Check = (tree) => {
  const modules = modulesOf(tree);
  const users = new Map<string, Map<string, Set<string>>>();
  for (const { path, imports } of modules) {
    for (const { target, names } of imports) {
      if (target === undefined || target === path) continue;
      const byName = users.get(target) ?? new Map<string, Set<string>>();
      users.set(target, byName);
      for (const name of names.length > 0 ? names : ['']) byName.set(name, (byName.get(name) ?? new Set()).add(path));
    }
  }
  return modules.flatMap((module) => checkModule(module, users.get(module.path) ?? new Map<string, Set<string>>()));
};

function checkModule(module: Module, users: ReadonlyMap<string, ReadonlySet<string>>): Finding[] {
  const { path, exports } = module;
  if (isTest(path) && !path.startsWith('tests/support/')) return [];
  const importers = [...users.values()].flatMap((paths) => [...paths]);
  if (!entryPoint.test(path) && importers.every(isTest)) {
    return [{ rule: 'dead-file', path, message: importers.length > 0 ? 'only tests import this file' : 'no file imports this one' }];
  }
  if (users.has('*')) return [];
  const isEntry = entryPoint.test(path) && !path.startsWith('tests/');
  return exports
    .filter(({ name }) => !users.has(name) && !(isEntry && entryNames.has(name)))
    .filter(({ name }) => !(/^[A-Z]/.test(name) && isUsedInside(module, name)))
    .map(({ name, line }) => ({ rule: 'unused-export', path, line, message: `nothing imports ${name}` }));
}

/** A type and a schema of the same name are one concept, so two declarations are not a use of each other. */
function isUsedInside({ source, exports }: Module, name: string): boolean {
  const uses = source.text.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0;
  return uses > exports.filter((found) => found.name === name).length;
}

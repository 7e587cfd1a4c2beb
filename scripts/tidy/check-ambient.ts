/**
 * Time, randomness, environment, network and console are taken from `deps`, except where deps are made (ambient.json lists both).
 * ESLint says the same while typing; this check also sees files that ESLint does not parse, and runs with the tests.
 */
import ts from 'typescript';
import ambient from './ambient.json' with { type: 'json' };
import { modulesOf, type Module } from './module.ts';
import type { Check, Finding } from './tree.ts';

const isAllowed = (path: string): boolean => !path.includes('/') || ambient.allowedIn.some((folder) => path.startsWith(`${folder}/`));

export const checkAmbient: Check = (tree) =>
  modulesOf(tree)
    .filter(({ path }) => !isAllowed(path))
    .flatMap((module) => [...checkUses(module), ...checkNamedImports(module)]);

const take = 'take it from deps instead';

function checkUses({ path, source }: Module): Finding[] {
  const found: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const effect = effectOf(node);
    if (effect !== undefined) {
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      found.push({ rule: 'ambient-effect', path, line, message: `${effect}: ${take}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function effectOf(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) return 'new Date()';
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return 'Date()';
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && ambient.globals.includes(node.expression.text))
    return node.expression.text;
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const [object, property] = [node.expression.text, node.name.text];
  if (object === 'console' || ambient.members.some(([o, p]) => o === object && p === property)) return `${object}.${property}`;
  return undefined;
}

function checkNamedImports({ path, imports }: Module): Finding[] {
  return imports.flatMap(({ specifier, names, line }) =>
    ambient.imports
      .filter(([from, name]) => from === specifier && name !== undefined && names.includes(name))
      .map(([from, name]) => ({ rule: 'ambient-effect', path, line, message: `${name} of ${from}: ${take}` })),
  );
}

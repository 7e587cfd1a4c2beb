/**
 * One TypeScript or JavaScript file, parsed: what it imports and what it exports. Other ways to name a file of ours (a dynamic import, a path in
 * a string such as a Lambda entry) count as importing all of it.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import type { Tree, TreeFile } from './tree.ts';

export interface ModuleImport {
  /** As written. */
  specifier: string;
  /** Path in the tree, when it is a file of ours. */
  target: string | undefined;
  /** Imported names; `*` for the whole module. */
  names: readonly string[];
  isTypeOnly: boolean;
  /** `dynamic`: import() when it runs, not when it loads. `path`: only named in a string, such as the entry of a bundle. */
  kind: 'static' | 'dynamic' | 'path';
  line: number;
}

export interface ModuleExport {
  name: string;
  isType: boolean;
  line: number;
}

export interface Module {
  path: string;
  source: ts.SourceFile;
  imports: readonly ModuleImport[];
  exports: readonly ModuleExport[];
}

const isModule = (path: string): boolean => /\.(ts|js|mjs)$/.test(path);
const parsed = new WeakMap<Tree, readonly Module[]>();

/** Every module of the tree, parsed once. */
export function modulesOf(tree: Tree): readonly Module[] {
  const known = parsed.get(tree);
  if (known) return known;
  const modules = tree.files.filter(({ path }) => isModule(path)).map((file) => parseModule(tree, file));
  parsed.set(tree, modules);
  return modules;
}

function parseModule(tree: Tree, { path, text }: TreeFile): Module {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: ModuleImport[] = [];
  const lineOf = (node: ts.Node): number => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    const target = found && targetOf(tree, path, found.specifier);
    // A string that names no file is just a string.
    if (found && (found.kind !== 'path' || (target !== undefined && tree.find(target))))
      imports.push({ ...found, target, line: lineOf(node) });
    if (found?.kind !== 'static') ts.forEachChild(node, visit);
  };
  visit(source);
  const exports = source.statements.flatMap((statement) => exportsOf(statement).map((found) => ({ ...found, line: lineOf(statement) })));
  return { path, source, imports, exports };
}

function importOf(node: ts.Node): Omit<ModuleImport, 'target' | 'line'> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const clause = node.importClause;
    return { specifier: node.moduleSpecifier.text, names: importedNames(clause), isTypeOnly: isTypeImport(clause), kind: 'static' };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, names: reexportedNames(node), isTypeOnly: node.isTypeOnly, kind: 'static' };
  }
  if (!ts.isStringLiteralLike(node)) return undefined;
  const isCall = ts.isCallExpression(node.parent) && node.parent.expression.kind === ts.SyntaxKind.ImportKeyword;
  if (!isCall && !/^(<rootDir>\/)?[\w./-]+\.(ts|mjs|js)$/.test(node.text)) return undefined;
  return { specifier: node.text, names: ['*'], isTypeOnly: false, kind: isCall ? 'dynamic' : 'path' };
}

function targetOf(tree: Tree, from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const beside = posix.join(posix.dirname(from), specifier);
  if (tree.find(beside)) return beside;
  const plain = posix.normalize(specifier.replace(/^<rootDir>\//, ''));
  return plain.includes('/') && tree.find(plain) ? plain : undefined;
}

function importedNames(clause: ts.ImportClause | undefined): string[] {
  const names = clause?.name ? ['default'] : [];
  const bindings = clause?.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) names.push('*');
  if (bindings && ts.isNamedImports(bindings))
    names.push(...bindings.elements.map(({ propertyName, name }) => (propertyName ?? name).text));
  return names;
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  return !clause.name && !!bindings && ts.isNamedImports(bindings) && bindings.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function reexportedNames({ exportClause }: ts.ExportDeclaration): string[] {
  if (!exportClause || ts.isNamespaceExport(exportClause)) return ['*'];
  return exportClause.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
}

function exportsOf(statement: ts.Statement): { name: string; isType: boolean }[] {
  if (ts.isExportAssignment(statement)) return [{ name: 'default', isType: false }];
  if (ts.isExportDeclaration(statement)) {
    const clause = statement.exportClause;
    return clause && ts.isNamedExports(clause)
      ? clause.elements.map(({ name, isTypeOnly }) => ({ name: name.text, isType: statement.isTypeOnly || isTypeOnly }))
      : [];
  }
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  if (!modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) return [{ name: 'default', isType: false }];
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  const named = statement as ts.Statement & { name?: ts.Identifier }; // Every other exported statement is a declaration with a name.
  return named.name
    ? [{ name: named.name.text, isType: ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) }]
    : [];
}

function boundNames(name: ts.BindingName): { name: string; isType: boolean }[] {
  if (ts.isIdentifier(name)) return [{ name: name.text, isType: false }];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(element.name) : []));
}

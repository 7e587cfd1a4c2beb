/**
 * Which folder may import which (docs/architecture.md, "Dependency direction"), and where SDKs of a cloud may appear.
 * A folder's longest matching row counts; a folder without a row may be imported by nobody and import nothing.
 */
import { builtinModules } from 'node:module';
import { modulesOf, type Module, type ModuleImport } from './module.ts';
import type { Check, Finding, Tree } from './tree.ts';

const domain = ['shared', '!shared/aws', '!shared/embedded'];

const outer = ['policy', 'runner', 'statemachines', 'catalog', 'functions'];
const everything = ['shared', ...outer, 'cli', 'docs', 'package.json'];

/** Folder → what it may import besides itself; `!` takes a part away again. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'shared/core': [],
  shared: domain,
  'shared/aws': domain,
  'shared/embedded': domain,
  policy: domain,
  runner: domain,
  statemachines: domain,
  // The interpreter is how one machine runs the phases.
  'statemachines/interpreter': ['shared', '!shared/aws', 'statemachines'],
  catalog: domain,
  functions: [...domain, 'policy', 'runner', 'statemachines', 'functions'],
  // Time and ids come from the same place in both homes.
  'functions/wire': [
    'shared',
    '!shared/embedded',
    'shared/embedded/system-clock.ts',
    'shared/embedded/ulid-ids.ts',
    ...outer,
    'package.json',
  ],
  cli: ['shared', ...outer, 'package.json'],
  console: domain,
  stacks: [...domain, 'package.json'],
  scripts: everything,
  tests: [...everything, 'stacks', 'scripts'],
};

/** Packages tied to a cloud or a framework → the only folders that know them. */
const confined: readonly { packages: RegExp; folders: readonly string[] }[] = [
  // A library for encryption that calls no service.
  { packages: /^@aws-crypto\//, folders: ['shared/encryption', 'tests'] },
  {
    packages: /^@(aws-sdk|smithy)\//,
    folders: [
      'shared/aws',
      'runner/ecs',
      'runner/aks',
      'runner/gke',
      'functions/azure',
      'functions/gcp',
      'functions/wire',
      'stacks',
      'tests',
    ],
  },
  { packages: /^(@azure|@google-cloud|@kubernetes)\//, folders: ['runner/aks', 'runner/gke', 'functions/azure', 'functions/gcp', 'tests'] },
  { packages: /^(aws-cdk-lib|constructs|cdk-nag)(\/|$)/, folders: ['stacks', 'tests'] },
  { packages: /^(@middy|@aws-lambda-powertools)\//, folders: ['functions/middleware', 'functions/wire', 'shared/aws', 'tests'] },
  { packages: /^(node:sqlite|better-sqlite3)$/, folders: ['shared/embedded', 'tests'] },
];

/** Folders whose files run where only `dependencies` are installed. */
const production = ['shared', 'policy', 'runner', 'statemachines', 'catalog', 'functions', 'cli'];

const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

const zoneOf = (path: string): string | undefined =>
  Object.keys(mayImport)
    .filter((folder) => isIn(path, folder))
    .sort((a, b) => b.length - a.length)[0];

function allows(zone: string, target: string): boolean {
  if (isIn(target, zone) && zoneOf(target) === zone) return true;
  const rules = (mayImport[zone] ?? []).map((rule) => ({ folder: rule.replace('!', ''), isGranted: !rule.startsWith('!') }));
  const nearest = rules.filter(({ folder }) => isIn(target, folder)).sort((a, b) => b.folder.length - a.folder.length)[0];
  return nearest?.isGranted ?? false;
}

/** A path in a string is not an import: that is how stacks, bundlers and tools refer to files without loading them. */
export const checkImports: Check = (tree) =>
  modulesOf(tree).flatMap((module) =>
    module.imports
      .filter(({ kind }) => kind !== 'path')
      .flatMap((found) => (found.target === undefined ? checkPackage(tree, module, found) : checkOwn(tree, module, found))),
  );

function checkOwn(tree: Tree, { path }: Module, { target = '', specifier, line }: ModuleImport): Finding[] {
  if (!tree.find(target)) return [{ rule: 'import-missing', path, line, message: `there is no ${target} (${specifier})` }];
  const zone = zoneOf(path);
  // A file at the root configures a tool or is an entry point; it may name anything.
  if (!path.includes('/') || (zone !== undefined && allows(zone, target))) return [];
  return [{ rule: 'import-direction', path, line, message: `${zone ?? 'an unknown folder'} may not import ${target}` }];
}

function checkPackage(tree: Tree, { path }: Module, { specifier, isTypeOnly, line }: ModuleImport): Finding[] {
  const rule = confined.find(({ packages }) => packages.test(specifier));
  if (rule && !rule.folders.some((folder) => isIn(path, folder))) {
    return [
      {
        rule: 'import-confined',
        path,
        line,
        message: `${specifier} belongs to ${rule.folders.filter((folder) => folder !== 'tests').join(', ')} only`,
      },
    ];
  }
  if (specifier.startsWith('node:') || isTypeOnly || !production.some((folder) => isIn(path, folder))) return [];
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (builtinModules.includes(name)) return [{ rule: 'import-builtin', path, line, message: `write node:${specifier}` }];
  if (dependenciesOf(tree).has(name)) return [];
  return [{ rule: 'import-undeclared', path, line, message: `${name} is not in "dependencies" of package.json` }];
}

function dependenciesOf(tree: Tree): ReadonlySet<string> {
  const manifest: unknown = JSON.parse(tree.find('package.json')?.text ?? '{}');
  const dependencies: unknown =
    typeof manifest === 'object' && manifest !== null && 'dependencies' in manifest ? manifest.dependencies : {};
  return new Set(Object.keys(dependencies ?? {}));
}

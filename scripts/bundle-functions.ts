/**
 * Bundles every Lambda entry point to dist/lambda/<name>/index.mjs, with the files it reads beside it, and writes what the stacks
 * must know of them (routes, digest of the catalog) to dist/lambda/functions.json. `cdk` runs this before every synthesis (cdk.json); the stacks know functions by these paths only.
 */
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { operations } from '../functions/http/index.ts';
import { buildPackage } from '../catalog/package-builder.ts';
import type { Operation } from '../functions/middleware/operation.ts';
import { catalogPath } from '../policy/catalog/bundled-packs.ts';
import { bundlePath } from '../policy/engine/load-shipped-packs.ts';
import { shippedPacks } from '../policy/engine/shipped-packs.ts';
import { packWorkerBundle, packWorkerSource } from '../policy/engine/process/pack-process.ts';
import { digestBytes, digestJson, type Digest } from '../shared/core/digest.ts';
import { childEgress, childMain } from '../runner/sandbox/node-arguments.ts';

const root = join(import.meta.dirname, '..');
const target = join(root, 'dist', 'lambda');

/** Functions that start runner/sandbox/child-main.mjs as a process of its own, so it and what it loads cannot be part of their bundle. */
const taskRunners = new Set(['run-task', 'compensate-run']);

/** The function that publishes the catalog; it gets the packages built. */
const catalogInstaller = 'install-catalog';

const kebab = (id: string): string => id.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The handlers of operations carry the operation's name as theirs, in whatever folder they are. */
function operationEntries(files: readonly string[]): Map<string, Operation> {
  return new Map(
    operations.map((operation) => {
      const file = files.find((path) => basename(path, '.ts') === kebab(operation.id));
      if (file === undefined)
        throw new Error(`No file of functions/http is named after the operation ${operation.id}: ${kebab(operation.id)}.ts`);
      return [file, operation];
    }),
  );
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => join(entry.parentPath, entry.name));
}

/** What judges tenants' packs is a program of its own, so each function has a copy beside it. */
async function bundleWorker(): Promise<void> {
  await bundle([{ in: packWorkerSource, out: basename(packWorkerBundle, '.mjs') }]);
}

async function bundle(entryPoints: { in: string; out: string }[]): Promise<void> {
  await build({
    entryPoints,
    outdir: target,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    // What the CycloneDX library takes for XML if somebody installed it; we write JSON, and it asks for it in a `try`.
    external: ['xmlbuilder2'],
    // CommonJS packages call require at run time, which an ES module does not have.
    banner: { js: "import { createRequire as mcCreateRequire } from 'node:module'; const require = mcCreateRequire(import.meta.url);" },
  });
}

async function copyData(name: string): Promise<void> {
  for (const pack of shippedPacks) {
    const to = join(target, name, 'packs', bundlePath(pack.name));
    await mkdir(dirname(to), { recursive: true });
    await cp(join(root, 'policy', 'packs', bundlePath(pack.name)), to);
    await cp(join(root, 'policy', 'packs', catalogPath(pack.name)), join(target, name, 'packs', catalogPath(pack.name)));
  }
  await cp(join(target, packWorkerBundle), join(target, name, packWorkerBundle));
  if (!taskRunners.has(name)) return;
  for (const program of [childMain, childEgress]) await cp(program, join(target, name, basename(program)));
}

/** Builds the packages of the catalog; answers one digest over all, which changes when a deployment has something to install. */
async function buildCatalog(): Promise<Digest> {
  const sources = join(root, 'catalog', 'packages');
  const folder = join(target, catalogInstaller, 'catalog');
  await mkdir(folder, { recursive: true });
  const names = (await readdir(sources)).sort();
  const digests = await Promise.all(
    names.map(async (name) => {
      const bytes = await buildPackage(join(sources, name));
      await writeFile(join(folder, `${name}.tar`), bytes);
      return digestBytes(bytes);
    }),
  );
  return digestJson(digests);
}

const byFile = operationEntries(await filesOf('functions/http'));
const entries = [...byFile.keys(), ...(await Promise.all(['functions/task', 'functions/queue', 'functions/schedule'].map(filesOf))).flat()];
await rm(target, { recursive: true, force: true });
await bundle(entries.map((path) => ({ in: path, out: join(basename(path, '.ts'), 'index') })));
await bundleWorker();
await Promise.all(entries.map((path) => copyData(basename(path, '.ts'))));
await rm(join(target, packWorkerBundle));
const routes = [...byFile].map(([path, { id, method, path: route, roles, summary }]) => {
  return { id, method, path: route, isPublic: roles === 'public', summary, functionName: basename(path, '.ts') };
});
const catalogDigest = await buildCatalog();
await writeFile(join(target, 'functions.json'), `${JSON.stringify({ catalogDigest, routes }, null, 2)}\n`);
console.log(`${entries.length} functions in dist/lambda`);

/**
 * Builds a package from its folder: `mc-package.json` and `index.ts` become one bundle with one module. Equal sources give equal bytes on every
 * machine: nothing of the machine (paths, time, order of files) gets into the module.
 */
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildFailure, type Metafile } from 'esbuild';
import type { Issue } from '../shared/core/issue.ts';
import { McError } from '../shared/core/errors.ts';
import { issuesOfZod } from '../shared/core/zod-issues.ts';
import { writeBundle } from '../shared/package/bundle.ts';
import { checkVersion } from '../shared/package/check-version.ts';
import { PackageDescriptor } from '../shared/package/descriptor.ts';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

/** What paths in comments of the module are relative to, so that they are the same wherever the sources lie. */
const baseOf = (folder: string): string => (folder.startsWith(checkout + sep) ? checkout : folder);

/** Bundled CommonJS asks for Node's own modules through `require`, which an ES module does not have. */
const banner = `import { createRequire as mcCreateRequire } from 'node:module';\nconst require = mcCreateRequire(import.meta.url);`;

/** Plug-ins that a library looks for with `require` and does without; left out even where they happen to be installed. */
const optionalPlugins = ['xmlbuilder2'];

function invalid(folder: string, issues: Issue[], cause?: unknown): McError {
  const problems = issues.length === 1 ? 'one problem' : `${issues.length} problems`;
  return new McError('mc:package:invalid', `The package in ${folder} cannot be built, for ${problems}.`, { issues, cause });
}

/** What keeps `mc-package.json` from being read at all. */
function unreadable(error: unknown): Issue {
  if (error instanceof SyntaxError) return { code: 'syntax', pointer: '', message: `mc-package.json is not JSON: ${error.message}` };
  const isAbsent = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
  if (!isAbsent) return { code: 'descriptor', pointer: '', message: `mc-package.json cannot be read: ${String(error)}` };
  const allowed = 'a folder with mc-package.json and index.ts';
  return { code: 'descriptor', pointer: '', message: 'there is no mc-package.json', allowed, fix: 'Name the folder of the package.' };
}

async function readDescriptor(folder: string): Promise<PackageDescriptor> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(join(folder, 'mc-package.json'), 'utf8'));
  } catch (cause) {
    throw invalid(folder, [unreadable(cause)], cause);
  }
  const parsed = PackageDescriptor.safeParse(value);
  const issues = parsed.success ? checkVersion(parsed.data.version) : issuesOfZod(parsed.error, value);
  if (parsed.success && issues.length === 0) return parsed.data;
  throw invalid(
    folder,
    issues.map((issue) => ({ ...issue, message: `mc-package.json: ${issue.pointer.slice(1)} ${issue.message}` })),
  );
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

/** A sandbox has Node and the module, nothing else to import. */
function assertSelfContained(folder: string, metafile: Metafile): void {
  const outside = Object.values(metafile.outputs)
    .flatMap((output) => output.imports)
    .filter((found) => found.external === true && !optionalPlugins.includes(found.path) && !isBuiltin(found.path));
  if (outside.length > 0)
    throw invalid(folder, [
      { code: 'import', pointer: '', message: `imports ${outside.map(({ path }) => path).join(', ')}, which is not there in a sandbox` },
    ]);
}

/** What a task calls; found here and not in the first run. */
function assertDefaultExport(folder: string, metafile: Metafile): void {
  if (Object.values(metafile.outputs).some((output) => output.exports.includes('default'))) return;
  throw invalid(folder, [
    {
      code: 'default-export',
      pointer: '',
      message: 'index.ts has no default export',
      allowed: 'a function that is the default export',
      fix: 'Begin it with `export default async function run({ inputs, log })`.',
    },
  ]);
}

async function bundleModule(folder: string): Promise<Uint8Array> {
  try {
    const { outputFiles, metafile } = await build({
      absWorkingDir: baseOf(folder),
      entryPoints: [join(folder, 'index.ts')],
      banner: { js: banner },
      external: optionalPlugins,
      ...{
        bundle: true,
        write: false,
        metafile: true,
        format: 'esm',
        platform: 'node',
        target: 'node24',
        charset: 'utf8',
        logLevel: 'silent',
        legalComments: 'inline',
      },
    });
    assertSelfContained(folder, metafile);
    assertDefaultExport(folder, metafile);
    return outputFiles[0]?.contents ?? new Uint8Array();
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    const issues = error.errors.map(({ text, location }): Issue => ({
      code: 'build',
      pointer: '',
      message: `${location === null ? '' : `${location.file}:${location.line}: `}${text}`,
    }));
    throw invalid(folder, issues, error);
  }
}

/** Builds the package of a folder; throws `mc:package:invalid` with every problem of descriptor or source. */
export async function buildPackage(path: string): Promise<Uint8Array> {
  const folder = resolve(path);
  const descriptor = await readDescriptor(folder);
  return writeBundle({ descriptor, entry: await bundleModule(folder) });
}

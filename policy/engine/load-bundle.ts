/** From the bytes of a `bundle.tar.gz` to a bundle the engine may run. What is missing, unknown or contradictory is refused, never guessed. */
import { z } from 'zod';
import { digestBytes } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { BundleManifest, PackName, type PolicyBundle } from './policy-bundle.ts';
import { untar } from './untar.ts';

const wasmMagic = Buffer.from('\0asm');
const decoder = new TextDecoder('utf-8', { fatal: true });

function fileOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (!bytes) throw new Error(`the file ${name} is missing`);
  return bytes;
}

function parseFile<T>(files: ReadonlyMap<string, Uint8Array>, name: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(JSON.parse(decoder.decode(fileOf(files, name))));
  if (!result.success) throw new Error(`${name} is not as expected: ${z.prettifyError(result.error)}`);
  return result.data;
}

/** The pack is named by its entry point, `mc/<name>/verdict`, which must lie under the only root of the bundle. */
function nameOf(manifest: BundleManifest): PackName {
  const [{ entrypoint }] = manifest.wasm;
  const name = PackName.safeParse(/^mc\/([^/]+)\/verdict$/.exec(entrypoint)?.[1]);
  if (!name.success) throw new Error(`the entry point is ${JSON.stringify(entrypoint)}, allowed is mc/<pack>/verdict`);
  if (manifest.roots.join() !== `mc/${name.data}`)
    throw new Error(`the roots are ${JSON.stringify(manifest.roots)}, allowed is mc/${name.data} alone`);
  return name.data;
}

async function readBundle(archive: Uint8Array): Promise<PolicyBundle> {
  const files = await untar(archive);
  for (const file of files.keys()) {
    if (!['.manifest', 'policy.wasm', 'data.json'].includes(file) && !file.endsWith('.rego'))
      throw new Error(`the file ${file} does not belong into a bundle`);
  }
  const manifest = parseFile(files, '.manifest', BundleManifest);
  const name = nameOf(manifest);
  const wasm = fileOf(files, 'policy.wasm');
  if (!wasmMagic.equals(wasm.subarray(0, wasmMagic.length))) throw new Error('policy.wasm is no WebAssembly module');
  const data = files.has('data.json') ? parseFile(files, 'data.json', z.record(z.string(), z.json())) : {};
  return { name, digest: digestBytes(archive), revision: manifest.revision, entrypoint: manifest.wasm[0].entrypoint, data, wasm };
}

/** Reads a policy bundle, or throws `mc:policy:unavailable` with everything that is known about why it cannot be used. */
export async function loadBundle(archive: Uint8Array): Promise<PolicyBundle> {
  try {
    return await readBundle(archive);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new McError('mc:policy:unavailable', `A policy bundle (${digestBytes(archive)}) cannot be used: ${reason}.`, { cause });
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestBytes } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { loadBundle } from './load-bundle.ts';
import type { PolicyBundle } from './policy-bundle.ts';
import { shippedPacks, shippedPacksKey } from './shipped-packs.ts';
import { WasmPolicyEngine, type EngineOptions } from './wasm-policy-engine.ts';

/** Where a pack's bundle lies under the folder of packs; a deployment copies exactly these files. */
export function bundlePath(pack: string): string {
  return join(pack, 'bundle.tar.gz');
}

/** The key that signed the packs of this build. */
export const shippedKeys = [{ keyId: 'the build of this program', pem: shippedPacksKey }] as const;

/** The bundle of a shipped pack, byte for byte as this program was made with it; throws `mc:policy:unavailable`. */
export async function readShippedArchive(folder: string, { name, digest }: (typeof shippedPacks)[number]): Promise<Uint8Array> {
  const path = join(folder, bundlePath(name));
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new McError('mc:policy:unavailable', `The bundle of policy pack ${name} cannot be read; every shipped pack must be there.`, {
      cause,
    });
  });
  const got = digestBytes(bytes);
  if (got !== digest) {
    throw new McError(
      'mc:policy:unavailable',
      `The bundle of policy pack ${name} is ${got}, this program was made with ${digest}. Restore the file, or build the packs again.`,
    );
  }
  return bytes;
}

async function readShipped(folder: string, pack: (typeof shippedPacks)[number]): Promise<PolicyBundle> {
  return loadBundle(await readShippedArchive(folder, pack), { keys: shippedKeys });
}

/**
 * The engine over all packs this program ships with. The list, the digests and the key are code, so a missing folder, an altered byte or
 * another signature is a refusal and never a pack less. `folder` is given where the program is bundled and the packs lie elsewhere.
 */
export async function loadShippedPacks(folder?: string, options?: EngineOptions): Promise<WasmPolicyEngine> {
  const from = folder ?? fileURLToPath(new URL('../packs/', import.meta.url));
  return WasmPolicyEngine.load(await Promise.all(shippedPacks.map((pack) => readShipped(from, pack))), options);
}

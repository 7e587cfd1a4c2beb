import { z } from 'zod';
import { untar } from '../../policy/engine/untar.ts';
import { buildArchive } from './build-policy-bundle.ts';

const Data = z.object({ mc: z.record(z.string(), z.record(z.string(), z.json())) });

/** A bundle with some lists of its rule data replaced, unsigned. */
export async function changedDataBundle(archive: Uint8Array, pack: string, change: Record<string, unknown>): Promise<Uint8Array> {
  const files = await untar(archive);
  const { mc } = Data.parse(JSON.parse(Buffer.from(files.get('data.json') ?? '').toString()));
  files.set('data.json', Buffer.from(JSON.stringify({ mc: { ...mc, [pack]: { ...mc[pack], ...change } } })));
  files.delete('.signatures.json');
  return buildArchive([...files].map(([name, bytes]) => ({ name: `/${name}`, bytes })));
}

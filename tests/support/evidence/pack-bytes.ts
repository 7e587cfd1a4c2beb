import type { RandomAccess } from '../../../shared/evidence/verify/inflate-members.ts';

/** Bytes in memory as a file that can be read from any place. */
export function inMemory(bytes: Uint8Array): RandomAccess {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { sizeBytes: buffer.length, read: async (offset, length) => buffer.subarray(offset, offset + length) };
}

/** Everything that a stream gives. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const collected: Uint8Array[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return Buffer.concat(collected);
}

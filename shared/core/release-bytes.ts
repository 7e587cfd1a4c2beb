/** Smaller buffers share their memory with others, and are worth no trouble. */
const leastBytes = 64 * 1024;

/**
 * Gives the memory of bytes that nobody needs any more back at once. A pack goes through gigabytes in pieces of megabytes, and the collector would let a hundred of
 * them pile up before it looked.
 */
export function releaseBytes({ buffer, byteLength }: Uint8Array): void {
  if (byteLength >= leastBytes && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

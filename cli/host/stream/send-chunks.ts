import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { releaseBytes } from '../../../shared/core/release-bytes.ts';

/**
 * Sends chunks as the body of an answer, no faster than the caller takes them. The memory of each is given back as soon as the socket has taken it: of a pack of a gigabyte the
 * collector would let dozens of megabytes pile up that were sent long ago. Rejects with what the chunks threw, and with `ERR_STREAM_PREMATURE_CLOSE` when the caller has gone.
 */
export async function sendChunks(chunks: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  const sending = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      response.write(chunk, (error) => {
        releaseBytes(chunk);
        done(error);
      });
    },
    final(done) {
      response.end(done);
    },
  });
  // Nobody would answer a write to a connection that is gone.
  response.once('close', () => sending.destroy());
  await pipeline(chunks, sending);
}

/** The thread of signing-thread.ts: signs, checks and packs every statement of a question, and answers with all of them at once. */
import type { KeyObject } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { headRoom, signInPlace } from './sign-in-place.ts';
import type { SignedPlace, SigningAnswer, SigningQuestion } from './signing-thread.ts';

/** One key only: what was rotated away is not kept. */
let held: KeyObject | undefined;

parentPort?.on('message', (question: SigningQuestion) => {
  if (question.key) held = question.key;
  if (!held) throw new Error('a question came before its key');
  const answer = answerTo(question, held);
  parentPort?.postMessage(answer, [answer.packed.buffer]);
});

function answerTo({ keyId, pem, memory, payloadBytes }: SigningQuestion, key: KeyObject): SigningAnswer {
  const buffer = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
  const statements: (SignedPlace | null)[] = [];
  const packed: Uint8Array[] = [];
  let end = 0;
  for (const bytes of payloadBytes) {
    const start = end + headRoom;
    end = start + bytes;
    const signed = signInPlace(buffer, { start, end }, { key, trusted: { keyId, pem } });
    if (signed) packed.push(signed.packed);
    statements.push(
      signed ? { digest: signed.digest, entry: signed.entry, leaf: signed.leaf, packedBytes: signed.packed.byteLength } : null,
    );
  }
  return { packed: joined(packed), statements };
}

/** In memory of its own, which is given away. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

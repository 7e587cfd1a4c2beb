/** The thread of signing-thread.ts: signs, checks and wraps every statement of a question, and answers with all of them at once. */
import { sign, type KeyObject } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { preAuthEncoding } from '../../core/dsse.ts';
import type { SignedStatement } from '../../port/keys/signer.ts';
import { checkSignature } from '../../receipt/check-signature.ts';
import { statementMediaType } from '../../receipt/media-types.ts';
import { claimOf } from '../../receipt/signature-claim.ts';
import { bundleOf } from '../../receipt/sign/bundle-of.ts';
import { filedForm } from '../../receipt/sign/filed-form.ts';
import type { SigningAnswer, SigningQuestion } from './signing-thread.ts';

/** One key only: what was rotated away is not kept. */
let held: KeyObject | undefined;

parentPort?.on('message', ({ key, keyId, pem, payloads }: SigningQuestion) => {
  if (key) held = key;
  const answer: SigningAnswer = payloads.map((payload) => signNow(payload, { keyId, pem }));
  parentPort?.postMessage(answer);
});

function signNow(payload: string, { keyId, pem }: Pick<SigningQuestion, 'keyId' | 'pem'>): SignedStatement | null {
  if (!held) throw new Error('a question came before its key');
  const bytes = Buffer.from(payload);
  const bundle = bundleOf(bytes, sign('sha256', preAuthEncoding(statementMediaType, bytes), held), keyId);
  // Of the bundle as it is filed, not of what it was made of.
  const claim = claimOf(bundle, pem);
  return checkSignature(claim) ? filedForm(bundle, claim, pem) : null;
}

/** Signs two statements, and two more, with a thread that it never closes, for signing-thread.test.ts. */
import { generateKeyPairSync } from 'node:crypto';
import { SigningThread } from '../../../shared/embedded/keys/signing-thread.ts';
import { SoftwareSigner } from '../../../shared/embedded/keys/software-signer.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const trusted = await new SoftwareSigner(privateKey).publicKey();
const thread = new SigningThread((error) => console.log(error.message));
const sign = (): void => void thread.sign(privateKey, trusted, '{}').then((signed) => console.log(signed ? 'signed' : 'not signed'));
const signTwo = (): void => [sign, sign].forEach((each) => each());
signTwo();
// Nothing but the thread is there to wait for now, and by then it has nothing to do.
setTimeout(signTwo, 500);

/** What is asked of a signing key in KMS, whichever it is. */
import { createHash, createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, SignCommand, type KMSClient, type SignCommandInput } from '@aws-sdk/client-kms';
import { McError } from '../core/errors.ts';
import { askKms } from './kms-key-versions.ts';

/** The public half of the key that this ARN or alias names, as PEM, and its ARN; throws `mc:key:unreadable` for an answer without one of them. */
export async function readPublicKey(client: KMSClient, name: string): Promise<{ pem: string; arn: string }> {
  const { PublicKey: der, KeyId: arn } = await askKms(() => client.send(new GetPublicKeyCommand({ KeyId: name })));
  if (der === undefined || arn === undefined)
    throw new McError('mc:key:unreadable', 'KMS answered without a public key or without its name');
  const pem = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
    .export({ format: 'pem', type: 'spki' })
    .toString();
  return { pem, arn };
}

/** A signature, and the ARN of the key that made it; throws `mc:key:unreadable` for an answer without one of them. */
export async function signInKms(client: KMSClient, input: SignCommandInput): Promise<{ bytes: Uint8Array; arn: string }> {
  const { Signature: bytes, KeyId: arn } = await askKms(() => client.send(new SignCommand(input)));
  if (bytes === undefined || arn === undefined)
    throw new McError('mc:key:unreadable', 'KMS answered without a signature or without its key');
  return { bytes, arn };
}

/** Signs with an ECC_NIST_P256 key; a message of more than 4 KB cannot be sent to KMS, its digest always can. */
export async function signDigest(client: KMSClient, name: string, message: Uint8Array): ReturnType<typeof signInKms> {
  const Message = createHash('sha256').update(message).digest();
  return signInKms(client, { KeyId: name, Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' });
}

/** A key of the authorities in KMS: what is asked of it, and what becomes of answers that are none. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { expect, test } from '@jest/globals';
import { KmsAuthorityKey } from '../../../shared/aws/kms-authority-key.ts';
import { WireService, wireError } from './wire-service.ts';

const keyOn = (service: WireService): KmsAuthorityKey => new KmsAuthorityKey(new KMSClient(service.client), 'arn:certificates');

test('signs a digest, and says its public key once', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const KeyId = 'arn:certificates';
  const service = new WireService(
    { body: { PublicKey: der, KeyId } },
    { body: { Signature: Buffer.from('signature').toString('base64'), KeyId } },
  );
  const key = keyOn(service);
  expect(await key.publicKey()).toEqual({ pem: publicKey.export({ type: 'spki', format: 'pem' }) });
  expect(await key.publicKey()).toEqual({ pem: publicKey.export({ type: 'spki', format: 'pem' }) });
  const certificate = Buffer.alloc(5_000, 7);
  expect(Buffer.from(await key.sign(certificate)).toString()).toBe('signature');
  const Message = createHash('sha256').update(certificate).digest('base64');
  expect(service.asked).toEqual([
    { action: 'GetPublicKey', body: { KeyId: 'arn:certificates' } },
    { action: 'Sign', body: { KeyId: 'arn:certificates', Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } },
  ]);
});

test('that does not answer is an outage, and one that answers with nothing is unreadable', async () => {
  const denied = (): WireService => new WireService(wireError('AccessDeniedException'));
  const silent = (): WireService => new WireService({ body: {} });
  for (const [service, code] of [[denied, 'mc:store:unavailable'] as const, [silent, 'mc:key:unreadable'] as const]) {
    await expect(keyOn(service()).sign(Buffer.from('x'))).rejects.toMatchObject({ code });
    await expect(keyOn(service()).publicKey()).rejects.toMatchObject({ code });
  }
});

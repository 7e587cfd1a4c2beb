import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, test } from '@jest/globals';
import { KmsWrappingKey } from '../../../shared/aws/kms-wrapping-key.ts';
import { WireService, wireError } from './wire-service.ts';

const arn = 'arn:aws:kms:eu-central-1:1:key/wraps';
const alias = 'alias/mc-envelope';
const context = { application: 'maestro-conductor', tenant: 'acme', purpose: 'log', dataKey: '2026-01.1' };
const plain = Buffer.alloc(32, 7);
const generated = { body: { KeyId: arn, Plaintext: plain.toString('base64'), CiphertextBlob: Buffer.from('wrapped').toString('base64') } };
const wrapped = { wrappedBy: arn, wrapped: Buffer.from('wrapped').toString('base64') };
const keyOn = (service: WireService): KmsWrappingKey => new KmsWrappingKey(new KMSClient(service.client), alias);

describe('a wrapping key of KMS', () => {
  test('makes data keys of 256 bits for their context, and remembers the key behind the alias', async () => {
    const service = new WireService(generated);
    expect(await keyOn(service).generate(context)).toEqual({ ...wrapped, key: new Uint8Array(plain) });
    expect(service.asked).toEqual([{ action: 'GenerateDataKey', body: { KeyId: alias, KeySpec: 'AES_256', EncryptionContext: context } }]);
  });

  test('opens with the key that wrapped, whatever the alias names by now', async () => {
    const service = new WireService({ body: { KeyId: arn, Plaintext: plain.toString('base64') } });
    expect(Buffer.from(await keyOn(service).unwrap(wrapped, context))).toEqual(plain);
    expect(service.asked[0]?.body).toEqual({ KeyId: arn, CiphertextBlob: wrapped.wrapped, EncryptionContext: context });
  });

  test('wraps the same key anew, with the key behind the alias', async () => {
    const anew = { body: { KeyId: `${arn}2`, CiphertextBlob: Buffer.from('anew').toString('base64') } };
    const service = new WireService({ body: { KeyId: arn, Plaintext: plain.toString('base64') } }, anew);
    expect(await keyOn(service).rewrap(wrapped, context)).toEqual({
      wrappedBy: `${arn}2`,
      wrapped: Buffer.from('anew').toString('base64'),
    });
    expect(service.asked[1]).toEqual({
      action: 'Encrypt',
      body: { KeyId: alias, Plaintext: plain.toString('base64'), EncryptionContext: context },
    });
  });

  test('says which key it is', async () => {
    expect(await keyOn(new WireService({ body: { KeyMetadata: { Arn: arn, KeyId: 'wraps' } } })).currentId()).toBe(arn);
  });

  test('that refuses a context or changed bytes is no outage', async () => {
    await expect(keyOn(new WireService(wireError('InvalidCiphertextException'))).unwrap(wrapped, context)).rejects.toMatchObject({
      code: 'mc:store:undecryptable',
    });
  });

  test.each(['ThrottlingException', 'AccessDeniedException', 'DisabledException'])('that answers %s may be asked again', async (name) => {
    await expect(keyOn(new WireService(wireError(name))).generate(context)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
  });

  test.each([{}, { KeyId: arn, Plaintext: Buffer.alloc(16).toString('base64'), CiphertextBlob: 'AAAA' }])(
    'that answers without a whole key is not used',
    async (body) => {
      await expect(keyOn(new WireService({ body })).generate(context)).rejects.toMatchObject({ code: 'mc:key:unreadable' });
    },
  );
});

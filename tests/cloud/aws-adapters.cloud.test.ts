import { verify } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { DynamoTable } from '../../shared/aws/dynamo-table.ts';
import { KmsLogKey } from '../../shared/aws/kms-log-key.ts';
import { KmsSigner } from '../../shared/aws/kms-signer.ts';
import { KmsWrappingKey } from '../../shared/aws/kms-wrapping-key.ts';
import { S3Blobs } from '../../shared/aws/s3-blobs.ts';
import { digestBytes, hexOf } from '../../shared/core/digest.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { dataKeyOf } from '../../shared/encryption/envelope.ts';
import { rewrapDataKeys } from '../../shared/encryption/rewrap-data-keys.ts';
import { SealedBlobs } from '../../shared/encryption/sealed-blobs.ts';
import { TableDataKeys } from '../../shared/encryption/table-data-keys.ts';
import { checkpointText, openCheckpoint, sealCheckpoint } from '../../shared/log/checkpoint.ts';
import { logIdentity } from '../../shared/log/log-identity.ts';
import { keyIdOf } from '../../shared/receipt/key-id.ts';
import { cloud } from './environment.ts';

const [tenant, otherTenant] = ['blob-owner', 'blob-stranger'].map((name) => TenantId.parse(name)) as [TenantId, TenantId];
const s3 = new S3Client({ forcePathStyle: true });
const bucket = cloud.MC_BLOB_BUCKET;
const store = new S3Blobs(s3, { buckets: { data: bucket, log: bucket, receipt: bucket }, storageKeyArn: cloud.MC_STORAGE_KEY_ARN });
const ids = ulidIds(systemClock);
const table = new DynamoTable(new DynamoDBClient(), cloud.MC_TABLE, { clock: systemClock, ids });
const wrappingKey = new KmsWrappingKey(new KMSClient(), cloud.MC_ENVELOPE_KEY_ALIAS);
const dataKeys = (): TableDataKeys => new TableDataKeys({ table, wrappingKey, clock: systemClock }, { messagesAtOnce: 1_000 });
const blobs = new SealedBlobs(store, dataKeys());

describe('blobs on S3', () => {
  test('bytes read back under their digest, also when they are stored twice', async () => {
    const bytes = Buffer.from('the same bytes');
    expect(await blobs.put(tenant, 'data', bytes)).toBe(digestBytes(bytes));
    expect(await blobs.put(tenant, 'data', bytes)).toBe(digestBytes(bytes));
    expect(Buffer.from((await blobs.find(tenant, 'data', digestBytes(bytes))) ?? [])).toEqual(bytes);
  });

  test('an empty blob is a blob', async () => {
    const digest = await blobs.put(tenant, 'data', new Uint8Array());
    expect(await blobs.find(tenant, 'data', digest)).toHaveLength(0);
  });

  test('another tenant does not find them', async () => {
    const digest = await blobs.put(tenant, 'data', Buffer.from('mine'));
    expect(await blobs.find(otherTenant, 'data', digest)).toBeUndefined();
  });

  test('bytes that were changed in the bucket are refused', async () => {
    const digest = digestBytes('original');
    // The policy of the bucket lets nobody write without the key of the home.
    const ours = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: cloud.MC_STORAGE_KEY_ARN } as const;
    await s3.send(new PutObjectCommand({ ...ours, Bucket: bucket, Key: `${tenant}/${hexOf(digest)}`, Body: 'altered' }));
    await expect(blobs.find(tenant, 'data', digest)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
  });
});

describe('data keys of KMS', () => {
  test('what one process sealed lies there as an envelope, and opens in another', async () => {
    const bytes = Buffer.alloc(2 * 1024 * 1024, 'somebody ');
    const digest = await blobs.put(tenant, 'log', bytes);
    const lying = (await store.find({ tenant, kind: 'log', digest })) ?? new Uint8Array();
    expect(dataKeyOf(lying)).toMatch(/^[0-9]{4}-[0-9]{2}\.[0-9]+$/);
    expect(Buffer.from(lying).includes('somebody')).toBe(false);
    expect(Buffer.from((await new SealedBlobs(store, dataKeys()).find(tenant, 'log', digest)) ?? []).equals(bytes)).toBe(true);
  });

  test('a wrapped key opens for its own context only, and rewrapped it is the same key', async () => {
    const context = { application: 'maestro-conductor', tenant, purpose: 'log' };
    const { key, ...wrapped } = await wrappingKey.generate(context);
    expect(Buffer.from(await wrappingKey.unwrap(wrapped, context)).equals(key)).toBe(true);
    await expect(wrappingKey.unwrap(wrapped, { ...context, tenant: otherTenant })).rejects.toMatchObject({
      code: 'mc:store:undecryptable',
    });
    const again = await wrappingKey.rewrap(wrapped, context);
    expect(Buffer.from(await wrappingKey.unwrap(again, context)).equals(key)).toBe(true);
  });

  test('rows that the current key wrapped are left alone', async () => {
    await blobs.put(tenant, 'data', Buffer.from('a row at least'));
    expect(await rewrapDataKeys({ table, wrappingKey })).toMatchObject({ rewrapped: 0 });
  });
});

describe('signatures of KMS', () => {
  test('a message longer than KMS takes verifies with the published key, and no longer when a byte is changed', async () => {
    const signer = new KmsSigner(new KMSClient(), cloud.MC_SIGNING_KEY_ALIAS);
    const { pem, keyId } = await signer.publicKey();
    const message = Buffer.alloc(10_000, 7);
    const { bytes: signature, key } = await signer.sign(message);
    expect(key).toEqual({ pem, keyId });
    expect(keyId).toBe(keyIdOf(pem));
    expect(verify('sha256', message, pem, signature)).toBe(true);
    message[9_999] = 8;
    expect(verify('sha256', message, pem, signature)).toBe(false);
  });

  test('the key of the log signs checkpoints with Ed25519, the same text with the same bytes', async () => {
    const key = new KmsLogKey(new KMSClient(), cloud.MC_LOG_KEY_ARN);
    const log = logIdentity(await key.publicKey());
    const checkpoint = { origin: log.origin, size: 1, root: Buffer.alloc(32, 7) };
    const text = checkpointText(checkpoint);
    const [note, again] = await Promise.all([1, 2].map(async () => sealCheckpoint(text, log, await key.sign(Buffer.from(text)))));
    expect(openCheckpoint(note ?? '', log)).toEqual(checkpoint);
    expect(again).toBe(note);
  });
});

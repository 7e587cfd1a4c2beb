import { verify } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { KmsLogKey } from '../../shared/aws/kms-log-key.ts';
import { KmsSigner } from '../../shared/aws/kms-signer.ts';
import { S3Blobs } from '../../shared/aws/s3-blobs.ts';
import { digestBytes, hexOf } from '../../shared/core/digest.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { checkpointText, openCheckpoint, sealCheckpoint } from '../../shared/log/checkpoint.ts';
import { logIdentity } from '../../shared/log/log-identity.ts';
import { keyIdOf } from '../../shared/receipt/key-id.ts';
import { cloud } from './environment.ts';

const [tenant, otherTenant] = ['blob-owner', 'blob-stranger'].map((name) => TenantId.parse(name)) as [TenantId, TenantId];
const s3 = new S3Client({ forcePathStyle: true });
const bucket = cloud.MC_BLOB_BUCKET;
const blobs = new S3Blobs(s3, { data: bucket, log: bucket, receipt: bucket });

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
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${tenant}/${hexOf(digest)}`, Body: 'altered' }));
    await expect(blobs.find(tenant, 'data', digest)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
  });
});

describe('signatures of KMS', () => {
  test('a message longer than KMS takes verifies with the published key, and no longer when a byte is changed', async () => {
    const signer = new KmsSigner(new KMSClient(), cloud.MC_SIGNING_KEY_ARN);
    const { pem, keyId } = await signer.publicKey();
    const message = Buffer.alloc(10_000, 7);
    const signature = await signer.sign(message);
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

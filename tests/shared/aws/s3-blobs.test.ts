import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { S3Blobs } from '../../../shared/aws/s3-blobs.ts';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { seal } from '../../../shared/encryption/seal.ts';
import type { BlobName } from '../../../shared/port/sealed-store.ts';
import { plainDataKeys } from '../../../scripts/sim/port/process-deps.ts';
import { describeSealedStore } from '../../contract/sealed-store-contract.ts';
import { ObjectService } from './object-service.ts';

const tenant = TenantId.parse('acme');
const buckets = { data: 'd', log: 'l', receipt: 'r' } as const;
const storageKeyArn = 'arn:aws:kms:eu-central-1:1:key/storage';
const storeOn = (service: ObjectService): S3Blobs => new S3Blobs(new S3Client(service.client), { buckets, storageKeyArn });
const pathOf = ({ tenant: owner, kind, digest }: BlobName): string => `/${buckets[kind]}/${owner}/${hexOf(digest)}`;
const name: BlobName = { tenant, kind: 'data', digest: digestBytes('x') };
const sealed = (): Promise<Uint8Array> => seal(plainDataKeys, { ...name, purpose: 'data' }, Buffer.from('x'));

describeSealedStore('sealed bytes on S3', async () => {
  const service = new ObjectService();
  return {
    store: storeOn(service),
    plant: async (planted, bytes) => void service.objects.set(pathOf(planted), { body: Buffer.from(bytes), headers: {} }),
    close: () => undefined,
  };
});

describe('an object of S3', () => {
  test('is written with our key, its checksum and the data key that sealed it', async () => {
    const service = new ObjectService();
    await storeOn(service).put(name, await sealed());
    expect(service.objects.get(pathOf(name))?.headers).toMatchObject({
      'x-amz-meta-mc-data-key': '2026-01.1',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': storageKeyArn,
    });
  });

  test('that is there under the same data key is not written again', async () => {
    const service = new ObjectService();
    const store = storeOn(service);
    await store.put(name, await sealed());
    await store.put(name, await sealed());
    expect(service.asked.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'HEAD']);
  });

  test('that somebody removes in the middle of that is written', async () => {
    const service = new ObjectService();
    service.refusals.push({ status: 412, code: 'PreconditionFailed' });
    await storeOn(service).put(name, await sealed());
    expect(service.objects.size).toBe(1);
  });

  test('of a bucket that refuses is an outage, never an absent blob', async () => {
    for (const work of ['find', 'put', 'remove'] as const) {
      const service = new ObjectService();
      service.refusals.push({ status: 500, code: 'AccessDenied' });
      const asked = work === 'put' ? storeOn(service).put(name, await sealed()) : storeOn(service)[work](name);
      await expect(asked).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    }
  });
});

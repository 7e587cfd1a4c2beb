/** Erasing on S3: every version goes by its id, for without one a versioned bucket only hides an object. */
import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { S3Blobs } from '../../../shared/aws/s3-blobs.ts';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';

const acme = TenantId.parse('acme');
const digest = digestBytes('gone');
const key = `acme/${hexOf(digest)}`;

interface WireRequest {
  method: string;
  path: string;
  query: Record<string, string>;
}

const version = (tag: string, id: string): string => `<${tag}><Key>${key}</Key><VersionId>${id}</VersionId></${tag}>`;
const listing = `<?xml version="1.0"?><ListVersionsResult>${version('Version', 'v2')}${version('Version', 'v1')}${version('DeleteMarker', 'm1')}</ListVersionsResult>`;
const denied =
  '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied because object protected by object lock.</Message></Error>';

/** A bucket that answers the list, and each deletion with the status of its version. */
function bucketWith(statusOf: (versionId: string) => number): { blobs: S3Blobs; deleted: string[]; listed: WireRequest[] } {
  const deleted: string[] = [];
  const listed: WireRequest[] = [];
  const handle = async (request: WireRequest): Promise<{ response: object }> => {
    const id = request.query['versionId'];
    if (id === undefined) listed.push(request);
    else deleted.push(id);
    const status = id === undefined ? 200 : statusOf(id);
    const body = id === undefined ? listing : status === 403 ? denied : '';
    return { response: { statusCode: status, headers: { 'content-type': 'application/xml' }, body: Readable.from([Buffer.from(body)]) } };
  };
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  const client = new S3Client({ region: 'eu-central-1', credentials, maxAttempts: 1, requestHandler: { handle } as never });
  const buckets = { data: 'data', log: 'log', receipt: 'receipt' };
  return { blobs: new S3Blobs(client, { buckets, storageKeyArn: 'arn:aws:kms:eu-central-1:1:key/k' }), deleted, listed };
}

test('every version and every delete marker of the object goes', async () => {
  const { blobs, deleted, listed } = bucketWith(() => 204);
  expect(await blobs.remove({ tenant: acme, kind: 'log', digest })).toBe(true);
  expect(deleted).toEqual(['v2', 'v1', 'm1']);
  expect(listed[0]?.query).toMatchObject({ prefix: key });
});

test('what is under Object Lock stays, and that is told; the other versions go', async () => {
  const { blobs, deleted } = bucketWith((id) => (id === 'v1' ? 403 : 204));
  expect(await blobs.remove({ tenant: acme, kind: 'receipt', digest })).toBe(false);
  expect(deleted).toEqual(['v2', 'v1', 'm1']);
});

test('an outage is no deletion', async () => {
  const { blobs } = bucketWith(() => 503);
  await expect(blobs.remove({ tenant: acme, kind: 'data', digest })).rejects.toMatchObject({ code: 'mc:store:unavailable' });
});

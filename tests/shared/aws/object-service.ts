/** S3 behind a real client, as far as the blob store uses it: objects with metadata and one version, conditional writes, checksums. No request leaves the process. */
import { hash } from 'node:crypto';
import { Readable } from 'node:stream';

interface S3Request {
  method: string;
  path: string;
  query: Record<string, string | undefined>;
  headers: Record<string, string>;
  body?: unknown;
}

interface StoredObject {
  body: Buffer;
  headers: Record<string, string>;
}

const notFound = { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' };

export class ObjectService {
  readonly objects = new Map<string, StoredObject>();
  /** Every request by method and path. */
  readonly asked: S3Request[] = [];
  /** What comes before anything is done; each is given once. */
  readonly refusals: { status: number; code: string }[] = [];

  /** Settings for the constructor of a client. */
  get client(): object {
    return {
      region: 'eu-central-1',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: { handle: async (request: S3Request) => this.#answer(request) },
    };
  }

  #answer(request: S3Request): { response: object } {
    this.asked.push(request);
    const refusal = this.refusals.shift();
    const {
      status,
      headers = {},
      body = '',
    } = refusal ? { status: refusal.status, body: `<Error><Code>${refusal.code}</Code></Error>` } : this.#carryOut(request);
    return {
      response: {
        statusCode: status,
        headers: { 'content-type': 'application/xml', ...headers },
        body: Readable.from([Buffer.from(body)]),
      },
    };
  }

  #carryOut({ method, path, query, headers, body }: S3Request): {
    status: number;
    headers?: Record<string, string>;
    body?: string | Buffer;
  } {
    const found = this.objects.get(path);
    if (method === 'PUT') {
      if (headers['if-none-match'] === '*' && found) return { status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' };
      const bytes = Buffer.from(body as Uint8Array);
      if (headers['x-amz-checksum-sha256'] !== hash('sha256', bytes, 'base64'))
        return { status: 400, body: '<Error><Code>BadDigest</Code></Error>' };
      const kept = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-') || name.startsWith('x-amz-server-side'));
      this.objects.set(path, { body: bytes, headers: Object.fromEntries(kept) });
      return { status: 200 };
    }
    if ('versions' in query) return { status: 200, body: this.#versions(path, query['prefix'] ?? '') };
    if (method === 'DELETE') {
      this.objects.delete(path);
      return { status: 204 };
    }
    if (!found) return method === 'HEAD' ? { status: 404 } : notFound;
    return {
      status: 200,
      headers: { ...found.headers, 'content-type': 'application/octet-stream' },
      body: method === 'HEAD' ? '' : found.body,
    };
  }

  #versions(bucket: string, prefix: string): string {
    const root = bucket.endsWith('/') ? bucket : `${bucket}/`;
    const keys = [...this.objects.keys()].filter((path) => path.startsWith(`${root}${prefix}`)).map((path) => path.slice(root.length));
    const versions = keys.map((key) => `<Version><Key>${key}</Key><VersionId>1</VersionId></Version>`).join('');
    return `<ListVersionsResult>${versions}</ListVersionsResult>`;
  }
}

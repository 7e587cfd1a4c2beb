/**
 * Who signed a bundle, and whether it is still what was signed: `.signatures.json` as `opa build --signing-alg ES256` writes it, one compact
 * JWS over the list of files. OPA takes the last of two entries for one file; here two are refused, as is everything nobody would check.
 */
import { compactVerify, importSPKI } from 'jose';
import { z } from 'zod';
import type { Issue } from '../../shared/core/issue.ts';
import { issuesOfZod } from '../../shared/core/zod-issues.ts';
import type { PolicyKey } from '../../shared/tenant/tenant.ts';
import { BundleJsonError, parseBundleJson } from './bundle-json.ts';
import { hashAlgorithms, signedFileHash, type HashAlgorithm } from './signed-file-hash.ts';

/** The file of a bundle that holds its signature; it cannot sign itself. */
export const signaturesFile = '.signatures.json';

const algorithm = 'ES256';

/** More is no honest list: an archive has at most 500 files. */
const tokenCharactersMax = 256 * 1024;

const Signatures = z.strictObject({
  signatures: z.tuple([z.string().max(tokenCharactersMax)]),
  plugin: z.literal('_default').optional(),
});

const SignedFile = z.strictObject({ name: z.string(), hash: z.string(), algorithm: z.string() });
type SignedFile = z.infer<typeof SignedFile>;

/** A claim that we do not read, an expiry say, would be a promise that nobody keeps. */
const Payload = z.strictObject({
  files: z.array(SignedFile),
  keyid: z.string().optional(),
  /** Stock OPA refuses any other scope, unless it is told one. */
  scope: z.literal('').optional(),
  iat: z.number().optional(),
  iss: z.string().optional(),
});

export interface SignatureCheck {
  /** The key whose signature holds; undefined when none does. */
  keyId: string | undefined;
  /** Empty exactly when the bundle is, file by file, what the holder of that key signed. */
  issues: Issue[];
}

function issue(code: string, pointer: string, message: string, more: Partial<Issue> = {}): Issue {
  return { code, pointer, message, ...more };
}

function parseJson<T>(schema: z.ZodType<T>, bytes: Uint8Array): { value: T } | { issues: Issue[] } {
  let raw: unknown;
  try {
    raw = parseBundleJson(signaturesFile, bytes);
  } catch (error) {
    if (!(error instanceof BundleJsonError)) throw error;
    const { code, allowed } = error.issue;
    return { issues: [issue(code, '', 'is not JSON in UTF-8, or nests too deep', allowed === undefined ? {} : { allowed })] };
  }
  const result = schema.safeParse(raw);
  return result.success ? { value: result.data } : { issues: issuesOfZod(result.error, raw) };
}

const inFile = (issues: readonly Issue[]): Issue[] =>
  issues.map((found) => ({
    ...found,
    pointer: `/${signaturesFile}${found.pointer}`,
    message: `${signaturesFile}${found.pointer} ${found.message}`,
  }));

async function verifyToken(token: string, keys: readonly PolicyKey[]): Promise<{ keyId: string; payload: Uint8Array } | undefined> {
  for (const { keyId, pem } of keys) {
    try {
      const { payload } = await compactVerify(token, await importSPKI(pem, algorithm), { algorithms: [algorithm] });
      return { keyId, payload };
    } catch {
      // Signed by another key, in another way, or not at all; the next key may fit, and no key at all is a refusal.
    }
  }
  return undefined;
}

function notSigned(keys: readonly PolicyKey[]): Issue {
  const allowed =
    keys.length === 0
      ? `${algorithm} by a registered key, of which there is none`
      : `${algorithm} by ${keys.map(({ keyId }) => keyId).join(', ')}`;
  return issue('signature-invalid', `/${signaturesFile}/signatures/0`, 'The signature of the bundle does not verify with any known key.', {
    got: 'a signature by another key, or in another way',
    allowed,
    fix: 'Sign with the private half of a registered key (`opa build --signing-alg ES256 --signing-key KEY.pem`), or register yours: `maestro tenants set TENANT --policy-key KEY.pub.pem`.',
  });
}

function isKnown(name: string): name is HashAlgorithm {
  return Object.hasOwn(hashAlgorithms, name);
}

const again = 'Build and sign the bundle again.';

function checkFile({ name, hash, algorithm: hashed }: SignedFile, bytes: Uint8Array | undefined): Issue[] {
  const pointer = `/${name}`;
  if (bytes === undefined) return [issue('file-missing', pointer, `The file ${name} was signed but is not in the bundle.`)];
  if (!isKnown(hashed)) {
    const allowed = Object.keys(hashAlgorithms).join(', ');
    return [issue('hash-algorithm', pointer, `The file ${name} was hashed in a way that is not accepted.`, { got: hashed, allowed })];
  }
  let got: string;
  try {
    got = signedFileHash(name, bytes, hashed);
  } catch (error) {
    if (error instanceof BundleJsonError) return [error.issue];
    throw error;
  }
  if (got === hash) return [];
  const message = `The file ${name} is not the one that was signed.`;
  return [issue('file-changed', pointer, message, { got: `${hashed} ${got}`, allowed: `${hashed} ${hash}`, fix: again })];
}

function checkFiles(files: ReadonlyMap<string, Uint8Array>, signed: readonly SignedFile[]): Issue[] {
  const names = signed.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  const unsigned = [...files.keys()].filter((name) => name !== signaturesFile && !names.includes(name));
  return [
    ...twice.map((name) => issue('file-twice', `/${name}`, `The file ${name} was signed twice.`)),
    ...signed.flatMap((entry) => checkFile(entry, entry.name === signaturesFile ? undefined : files.get(entry.name))),
    ...unsigned.map((name) =>
      issue('file-unsigned', `/${name}`, `The file ${name} is in the bundle but was not signed.`, {
        got: name,
        allowed: 'files that are signed',
        fix: again,
      }),
    ),
  ];
}

/** What a signature says about the files, for somebody who knows no key: it tells a slip from a good bundle, and proves nothing. */
export function listedFileIssues(files: ReadonlyMap<string, Uint8Array>): Issue[] {
  const bytes = files.get(signaturesFile);
  if (bytes === undefined) return [];
  const signatures = parseJson(Signatures, bytes);
  if ('issues' in signatures) return inFile(signatures.issues);
  const payload = parseJson(Payload, Buffer.from(signatures.value.signatures[0].split('.')[1] ?? '', 'base64url'));
  return 'issues' in payload ? inFile(payload.issues) : checkFiles(files, payload.value.files);
}

/** Checks the one signature of a bundle against keys that are trusted, and then every file against the signature; reports all that is wrong. */
export async function verifySignatures(files: ReadonlyMap<string, Uint8Array>, keys: readonly PolicyKey[]): Promise<SignatureCheck> {
  const bytes = files.get(signaturesFile);
  if (bytes === undefined) {
    const allowed = `${algorithm} by a registered key`;
    const fix =
      'Build it with `opa build --signing-alg ES256 --signing-key KEY.pem`, or sign while pushing: `maestro policy push BUNDLE --signing-key KEY.pem`.';
    const message = 'The bundle is not signed.';
    return { keyId: undefined, issues: [issue('signature-missing', `/${signaturesFile}`, message, { got: 'no signature', allowed, fix })] };
  }
  const signatures = parseJson(Signatures, bytes);
  if ('issues' in signatures) return { keyId: undefined, issues: inFile(signatures.issues) };
  const verified = await verifyToken(signatures.value.signatures[0], keys);
  if (verified === undefined) return { keyId: undefined, issues: [notSigned(keys)] };
  const { keyId } = verified;
  const payload = parseJson(Payload, verified.payload);
  if ('issues' in payload) return { keyId, issues: inFile(payload.issues) };
  return { keyId, issues: checkFiles(files, payload.value.files) };
}

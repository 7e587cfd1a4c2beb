import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestBytes } from '../../../shared/core/digest.ts';
import { hasCode } from '../../../shared/core/errors.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { dataKeyOf, requireEnvelope } from '../../../shared/encryption/envelope.ts';
import { open, seal, sealPacked, type Sealing } from '../../../shared/encryption/seal.ts';
import { DataKeyId, type DataKeys } from '../../../shared/port/keys/data-keys.ts';
import { packBundle } from '../../../shared/receipt/stored/packed-bundle.ts';
import { bundleOf } from '../../../shared/receipt/sign/bundle-of.ts';

const tenant = TenantId.parse('acme');
const id = DataKeyId.parse('2026-11.12');
const keysOf = (byte: number, name = id): DataKeys => {
  const dataKey = { id: name, key: createSecretKey(Buffer.alloc(32, byte)) };
  return { current: async () => dataKey, open: async (_scope, asked) => ({ ...dataKey, id: asked }), forget: () => undefined };
};
const keys = keysOf(1);
const small = Buffer.from('{"amount":1}');
const large = Buffer.alloc(1024 * 1024 + 5, 'large ');
const about = (plain: Uint8Array): Sealing => ({ tenant, purpose: 'data', digest: digestBytes(plain) });
const refused = { code: 'mc:store:undecryptable' };

describe.each([
  ['small bytes', small],
  ['large bytes, in frames', large],
  ['large bytes that fill their frames', Buffer.alloc(17 * 64 * 1024, 'full ')],
])('%s', (_, plain) => {
  const what = about(plain);

  test('are sealed and opened, never twice to the same bytes', async () => {
    const [one, two] = [await seal(keys, what, plain), await seal(keys, what, plain)];
    expect(Buffer.from(one).equals(two)).toBe(false);
    for (const envelope of [one, two]) expect(Buffer.from(await open(keys, what, envelope)).equals(plain)).toBe(true);
    expect(dataKeyOf(one.subarray(0, 64))).toBe(id);
    expect(() => requireEnvelope('it', one)).not.toThrow();
  });

  test('are refused with another key, tenant, purpose or digest', async () => {
    const envelope = await seal(keys, what, plain);
    await expect(open(keysOf(2), what, envelope)).rejects.toMatchObject(refused);
    for (const other of [{ tenant: TenantId.parse('beta') }, { purpose: 'receipt' }, { digest: digestBytes('other') }] as const)
      await expect(open(keys, { ...what, ...other }, envelope)).rejects.toMatchObject(refused);
  });

  test('are refused under the name of another data key, even where the keys are the same', async () => {
    const envelope = Buffer.from(await seal(keys, what, plain));
    envelope.write('2026-10.12', envelope.indexOf(id), 'latin1');
    await expect(open(keys, what, envelope)).rejects.toMatchObject(refused);
  });

  test('are refused when they are cut off or longer', async () => {
    const envelope = Buffer.from(await seal(keys, what, plain));
    for (const length of [0, 1, 5, 6, 15, 20, 44, 60, envelope.length - 17, envelope.length - 1])
      if (length < envelope.length) await expect(open(keys, what, envelope.subarray(0, length))).rejects.toMatchObject(refused);
    for (const more of [1, 12, 16, 200, 65_568])
      await expect(open(keys, what, Buffer.concat([envelope, Buffer.alloc(more)]))).rejects.toMatchObject(refused);
  });
});

describe('a packed bundle', () => {
  const bundle = bundleOf(Buffer.from('{"statement":1}'), Buffer.alloc(70, 7), 'SHA256:key');
  const { digest, packed } = packBundle(bundle);
  const what: Sealing = { tenant, purpose: 'receipt', digest };

  test('opens to the bundle that it is', async () => {
    const envelope = await sealPacked(keys, what, packed);
    expect(Buffer.from(await open(keys, what, envelope)).toString()).toBe(JSON.stringify(bundle));
    expect(dataKeyOf(envelope)).toBe(id);
    expect(() => requireEnvelope('it', envelope)).not.toThrow();
  });

  test('is never taken for bytes that are not packed, nor they for it', async () => {
    const cipherAt = 4;
    const envelope = Buffer.from(await sealPacked(keys, what, packed));
    envelope[cipherAt] = 1;
    await expect(open(keys, what, envelope)).rejects.toMatchObject(refused);
    const plain = Buffer.from(await seal(keys, what, packed));
    plain[cipherAt] = 3;
    await expect(open(keys, what, plain)).rejects.toMatchObject(refused);
  });

  test('too large for one message is sealed in frames, and opens to the same', async () => {
    const long = bundleOf(randomBytes(1024 * 1024 + 10), Buffer.alloc(70, 7), 'SHA256:key');
    const large = packBundle(long);
    const name: Sealing = { ...what, digest: large.digest };
    const envelope = await sealPacked(keys, name, large.packed);
    expect(Buffer.from(await open(keys, name, envelope)).equals(Buffer.from(JSON.stringify(long)))).toBe(true);
  });
});

test('every flipped bit of a small envelope is refused', async () => {
  const envelope = Buffer.from(await seal(keys, about(small), small));
  for (let bit = 0; bit < envelope.length * 8; bit++) {
    const changed = Buffer.from(envelope);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await expect(open(keys, about(small), changed)).rejects.toMatchObject(refused);
  }
});

test('flipped bits of a large envelope are refused, wherever they are', async () => {
  const envelope = Buffer.from(await seal(keys, about(large), large));
  for (const place of [0, 4, 8, 20, 40, 100, 300, 500, 70_000, 600_000, envelope.length - 1]) {
    const changed = Buffer.from(envelope);
    changed[place] = (changed[place] ?? 0) ^ 1;
    await expect(open(keys, about(large), changed)).rejects.toMatchObject(refused);
  }
}, 30_000);

test('frames that change places are refused', async () => {
  const plain = Buffer.concat([Buffer.alloc(600_000, 'a'), Buffer.alloc(600_000, 'b')]);
  const envelope = Buffer.from(await seal(keys, about(plain), plain));
  const frame = 64 * 1024 + 4 + 12 + 16;
  const at = envelope.length - 5 * frame;
  const swapped = Buffer.concat([
    envelope.subarray(0, at),
    envelope.subarray(at + frame, at + 2 * frame),
    envelope.subarray(at, at + frame),
    envelope.subarray(at + 2 * frame),
  ]);
  await expect(open(keys, about(plain), swapped)).rejects.toMatchObject(refused);
});

test.each([
  ['another version', 3, 2, /version 2/],
  ['another cipher', 4, 9, /cipher 9/],
  ['an id that is none', 5, 4, /no data key/],
])('a header of %s is refused with that reason', async (_, at, value, reason) => {
  const envelope = Buffer.from(await seal(keys, about(small), small));
  envelope[at] = value;
  await expect(open(keys, about(small), envelope)).rejects.toThrow(reason);
  expect(() => requireEnvelope('it', envelope)).toThrow(/plaintext/);
});

test('whatever bytes there are, they are refused with a reason and nothing else happens', async () => {
  const magic = fc.constantFrom('', 'MCE', 'MCE\x01', 'MCE\x01\x01\x09', 'MCE\x01\x01\x092026-01.1', 'MCE\x01\x02\x092026-01.1');
  await fc.assert(
    fc.asyncProperty(magic, fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
      const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
      const error: unknown = await open(keys, about(small), bytes).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return hasCode(error, 'mc:store:undecryptable');
    }),
    { numRuns: 300 },
  );
});

test('no two messages have the same nonce', async () => {
  const at = 6 + id.length;
  const nonces = new Set<string>();
  for (let message = 0; message < 5_000; message++)
    nonces.add(Buffer.from(await seal(keys, about(small), small)).toString('hex', at, at + 12));
  expect(nonces.size).toBe(5_000);
});

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import type { Json } from '../../../shared/core/json/canonical-json.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { loadJson, prepareJson, type StoredJson } from '../../../shared/execution/stored-json.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';

const tenant = TenantId.parse('acme');
let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => home.close());

const seal = async (of: TenantId, value: Json): Promise<StoredJson> => (await prepareJson(home.deps, of, value)).stored;
/** Read as from a file, where it is no object that anybody stored. */
const read = (stored: StoredJson): Promise<unknown> => loadJson(home.deps, tenant, { ...stored });

test('a value with nothing in it is sealed once a data key, and opens like any other', async () => {
  const [first, second] = [await seal(tenant, {}), await seal(tenant, {})];
  expect(second).toBe(first);
  expect(first).toEqual({ digest: digestBytes('{}'), sizeBytes: 2, sealed: expect.any(String) });
  expect(await read(first)).toEqual({});
  home.deps.dataKeys.forget();
  const later = await seal(tenant, {});
  expect(later.sealed).not.toBe(first.sealed);
  expect([await read(first), await read(later)]).toEqual([{}, {}]);
});

test('no other tenant is given it, nor any other value', async () => {
  const other = TenantId.parse('globex');
  const [own, theirs] = [await seal(tenant, {}), await seal(other, {})];
  expect(theirs.sealed).not.toBe(own.sealed);
  await expect(read(theirs)).rejects.toMatchObject({ code: expect.stringMatching(/^mc:store:/) });
  const words = [await seal(tenant, { word: 'x' }), await seal(tenant, { word: 'x' })];
  expect(words[0]?.sealed).not.toBe(words[1]?.sealed);
});

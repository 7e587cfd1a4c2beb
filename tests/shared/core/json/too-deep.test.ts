import { describe, expect, test } from '@jest/globals';
import { isTooDeep, maxJsonDepth } from '../../../../shared/core/json/too-deep.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const nested = (depth: number): string => '[{"a":'.repeat(depth / 2) + '0' + '}]'.repeat(depth / 2);

describe('JSON that is too deep', () => {
  test('has more levels than the limit, of arrays and objects', () => {
    expect(isTooDeep(bytes(nested(maxJsonDepth)))).toBe(false);
    expect(isTooDeep(bytes(nested(maxJsonDepth + 2)))).toBe(true);
    expect(isTooDeep(bytes('['.repeat(maxJsonDepth + 1)))).toBe(true);
  });

  test('is not JSON with many values beside each other, nor with brackets in strings', () => {
    expect(isTooDeep(bytes(`[${'[],'.repeat(1_000)}0]`))).toBe(false);
    expect(isTooDeep(bytes(`["${'['.repeat(1_000)}\\"${'{'.repeat(1_000)}"]`))).toBe(false);
    expect(isTooDeep(bytes(`["\\\\",${'['.repeat(maxJsonDepth)}`))).toBe(true);
  });
});

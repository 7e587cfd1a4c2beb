import { describe, expect, test } from '@jest/globals';
import { SpiffeId } from '../../../shared/tenant/spiffe-id.ts';

describe('a SPIFFE id of a workload', () => {
  test.each([
    'spiffe://example.org/ci',
    'spiffe://prod.acme-1_x/ns/default/sa/runner',
    `spiffe://a/${'b'.repeat(2_000)}`,
    'spiffe://a/...',
  ])('%.60s is one', (id) => {
    expect(SpiffeId.safeParse(id).success).toBe(true);
  });

  test.each([
    'spiffe://example.org',
    'spiffe://example.org/',
    'spiffe://example.org/a/',
    'spiffe://example.org//a',
    'spiffe://example.org/./a',
    'spiffe://example.org/a/..',
    'spiffe://Example.org/a',
    'spiffe://example.org:8080/a',
    'spiffe://user@example.org/a',
    'spiffe://example.org/a?b',
    'spiffe://example.org/a#b',
    'spiffe://example.org/a%20b',
    'spiffe://example.org/ä',
    'spiffe:///a',
    'SPIFFE://example.org/a',
    'https://example.org/a',
    `spiffe://${'a'.repeat(256)}/b`,
    `spiffe://a/${'b'.repeat(2_048)}`,
    'spiffe://example.org/a\n',
    '',
  ])('%.60j is none', (id) => {
    expect(SpiffeId.safeParse(id).success).toBe(false);
  });
});

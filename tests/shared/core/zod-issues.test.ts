import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { Digest } from '../../../shared/core/digest.ts';
import type { Issue } from '../../../shared/core/issue.ts';
import { issuesOfZod } from '../../../shared/core/zod-issues.ts';
import { Region } from '../../../shared/manifest/manifest.ts';
import { EgressRule } from '../../../shared/package/egress.ts';

function issueOf(schema: z.ZodType, value: unknown): Issue | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? undefined : issuesOfZod(parsed.error, value)[0];
}

describe('what a schema finds', () => {
  test.each([
    ['a fraction', z.int(), 1.5, 'is not a whole number', 'a whole number'],
    ['a number below its bound', z.number().min(1), 0, 'is too small', 'at least 1'],
    ['a text that is too long', z.string().max(2), 'abc', 'is too long', 'at most 2 characters'],
    ['a list without entries', z.array(z.string()).min(1), [], 'is too short', 'at least 1 entries'],
    ['another type', z.string(), 5, 'is a number, not text', 'text'],
    ['text for a list', z.array(z.string()), 'a', 'is text, not a list', 'a list'],
    ['a list for an object', z.strictObject({}), [], 'is a list, not an object', 'an object'],
    ['an object for a truth', z.boolean(), {}, 'is an object, not true or false', 'true or false'],
    ['nothing for an object', z.record(z.string(), z.json()), null, 'is empty, not an object', 'an object'],
    ['a truth for a number', z.number(), true, 'is true, not a number', 'a number'],
    ['a word that is none of a list', z.enum(['plan', 'start']), 'plain', 'is none of the allowed values', 'plan, start'],
    ['a form that is named in words', z.string().regex(/^v\d$/, 'v and a digit'), 'v', 'is not in the allowed form', 'v and a digit'],
    ['a form without a name', z.string().regex(/^v\d$/), 'v', 'is not in the allowed form', String(/^v\d$/)],
    ['none of several forms', z.union([z.int(), z.null()]), 'x', 'fits none of the allowed forms', undefined],
    ['what is not there', z.string(), undefined, 'is missing', 'text'],
  ])('%s is told in plain words, with what is allowed', (_what, schema, value, message, allowed) => {
    const found = issueOf(schema, value);
    expect([found?.message, found?.allowed]).toEqual([message, allowed]);
  });

  test.each([
    ['a region', Region, ''],
    ['a host', EgressRule.shape.host, '*.example.com'],
    ['a digest', Digest, 'sha256:1'],
  ])('%s that people write is told in words, and not by its pattern', (_what, schema, value) => {
    expect(issueOf(schema, value)?.allowed).toMatch(/^[^/]+ [^/]+$/);
  });

  test.each([
    [z.string(), 1.5, 'Put it in quotes.'],
    [z.array(z.string()), 'a', 'Put it in brackets: […].'],
    [z.string(), [], undefined],
  ])('another type has a fix of its own where one helps (%#)', (schema, value, fix) => {
    expect(issueOf(schema, value)?.fix).toBe(fix);
  });

  test('is told in the words of the schema, where it has some', () => {
    expect(issueOf(z.union([z.int(), z.null()], { error: () => 'is no count' }), 'x')?.message).toBe('is no count');
  });

  test('shows the value on one line', () => {
    expect(issueOf(z.enum(['a']), 'b\n  c')?.got).toBe('b c');
  });

  test('does not repeat a value that a check holds back', () => {
    const params = { code: 'secret', allowed: 'a public key', fix: 'Give that.', got: 'a private key' };
    const schema = z.string().superRefine((_text, context) => context.addIssue({ code: 'custom', message: 'is secret', params }));
    expect(issueOf(schema, 'hunter2')).toEqual({ ...params, pointer: '', message: 'is secret' });
  });
});

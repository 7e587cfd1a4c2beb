/** Worked cases of a policy pack, kept beside its rules in `goldens.json`: tests for us, examples for whoever reads the pack. */
import { z } from 'zod';

/** What a case shows: a question that is let through, denied, warned about, or one with fields or data that cannot be read. */
export const GoldenKind = z.enum(['allow', 'deny', 'warn', 'bad-data']);
export type GoldenKind = z.infer<typeof GoldenKind>;

/** One worked case: what it changes in the base question, and what the pack then says. */
export const GoldenCase = z.strictObject({
  title: z.string().min(1).max(200),
  kind: GoldenKind,
  change: z.json().describe('JSON Merge Patch (RFC 7386) over the base question'),
  data: z.record(z.string(), z.json()).optional().describe('Replaces the data of the pack, `data.mc.<pack>`'),
  expect: z.strictObject({
    verdict: z.enum(['allow', 'deny', 'warn']),
    rules: z.array(z.string()).describe('Every rule that speaks, in any order'),
  }),
});
export type GoldenCase = z.infer<typeof GoldenCase>;

/** The file `goldens.json` of a pack. */
export const PackGoldens = z.strictObject({
  pack: z.string(),
  cases: z.array(GoldenCase).min(1).max(500),
});
export type PackGoldens = z.infer<typeof PackGoldens>;

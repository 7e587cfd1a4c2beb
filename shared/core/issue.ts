import { z } from 'zod';

/** One thing wrong with an input: where it is, what was got, what is allowed, and the fix. */
export const Issue = z.strictObject({
  code: z.string().describe('Stable name of the rule that was broken, such as `cycle` or `unknown-need`'),
  pointer: z.string().describe('JSON Pointer (RFC 6901) to the offending value; empty for the whole document'),
  message: z.string().describe('What is wrong, in words'),
  got: z.string().optional().describe('The value that was found, shortened'),
  allowed: z.string().optional().describe('What would have been accepted'),
  fix: z.string().optional().describe('What to do about it'),
  line: z.int().positive().optional().describe('1-based line in the submitted text'),
  column: z.int().positive().optional().describe('1-based column in the submitted text'),
});
export type Issue = z.infer<typeof Issue>;

/** The query and the answer of every list. */
import { z } from 'zod';

/** A page of a hundred answers is what a screen and a Lambda answer (6 MB) bear. */
const maxPage = 100;

/** What every list takes. */
export const pageQuery = {
  limit: z.int().min(1).max(maxPage).default(50).describe('At most this many entries'),
  cursor: z.string().min(1).max(2_048).optional().describe('The `cursor` of the page before'),
};

/** One page of a list of these. */
export function pageOf<T extends z.ZodType>(item: T): z.ZodObject<{ items: z.ZodArray<T>; cursor: z.ZodOptional<z.ZodString> }> {
  return z.strictObject({ items: z.array(item), cursor: z.string().optional().describe('Present when there is more') });
}

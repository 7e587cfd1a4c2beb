import { z } from 'zod';

/** One network destination, exactly named. */
export const EgressRule = z
  .strictObject({
    host: z
      .string()
      .max(253)
      .regex(/^(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/, 'a host name, such as api.example.com, without a wildcard')
      .describe('Exact host name; wildcards are not allowed'),
    ports: z.array(z.int().min(1).max(65535)).min(1).max(10).describe('TCP ports'),
  })
  .describe('One destination a task may call');
export type EgressRule = z.infer<typeof EgressRule>;

/** The destinations a task may call; the empty list is no network at all. */
export const Egress = z.strictObject({ allow: z.array(EgressRule).max(50) }).describe('Network destinations; nothing else can be reached');
export type Egress = z.infer<typeof Egress>;

import { z } from 'zod';

/** What a measured Node process tells the driver over IPC, whichever engine it belongs to; scripts/bench/host.ts speaks the same. */
export const ServiceMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), url: z.string(), token: z.string() }),
  z.object({ kind: z.literal('progress'), sealed: z.number(), pending: z.number() }),
  z.object({ kind: z.literal('starts'), starts: z.array(z.tuple([z.string(), z.number()])) }),
]);
export type ServiceMessage = z.infer<typeof ServiceMessage>;

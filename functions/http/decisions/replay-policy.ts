import { z } from 'zod';
import { Duration, durationMs } from '../../../shared/core/time/duration.ts';
import { ReplayPage } from '../../../shared/replay/replay.ts';
import { replayPolicy } from '../../../shared/replay/replay-policy.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

/** What the loader takes; a larger bundle is refused there with its reason. */
const maxBytes = 4 * 1024 * 1024;
/** A page is judged and answered in seconds, also where a Lambda has to read it from DynamoDB. */
const maxDecisions = 2_500;

const Since = z.union([Duration, z.iso.datetime()], {
  error: () => `is neither a length of time such as 30d or 12h nor a time such as 2026-11-01T00:00:00Z`,
});

export const operation = defineOperation({
  id: 'replayPolicy',
  method: 'POST',
  path: '/api/policy-replays',
  tag: 'Policy',
  summary: 'Replay recorded decisions against a candidate pack',
  description:
    'Tells which recorded decisions a candidate bundle would have decided otherwise: who would have been denied, by which rule, and what those runs cost. ' +
    'The candidate takes the place of the pack of its name, or stands beside the others. Nothing is stored and nothing changes.',
  query: z.strictObject({
    since: Since.default('30d').describe('How far back, such as `30d`, or the time of the oldest decision'),
    limit: z.int().min(1).max(maxDecisions).default(maxDecisions).describe('At most this many decisions a page'),
    cursor: z.string().min(1).max(2_048).optional().describe('The `cursor` of the page before'),
  }),
  body: { kind: 'bytes', mediaTypes: ['application/gzip', 'application/octet-stream'], maxBytes },
  responses: {
    200: { description: 'One page, the oldest decisions first; it ends early when there are many reasons to tell', schema: ReplayPage },
  },
  problems: ['mc:policy:bundle-refused'],
  async handle({ deps, actor, query, body }) {
    const { since, limit, cursor } = query;
    const from = Duration.safeParse(since).success ? deps.clock.now() - durationMs(since) : Date.parse(since);
    const request = { archive: body, since: Math.max(0, from), limit };
    return { status: 200, json: await replayPolicy(deps, actor, cursor === undefined ? request : { ...request, cursor }) };
  },
});

export const handler = lambda(operation);

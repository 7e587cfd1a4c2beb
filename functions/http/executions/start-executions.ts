import { z } from 'zod';
import { Execution, StartRequest } from '../../../shared/execution/execution.ts';
import { startExecutions, type LineResult, type ReadStart } from '../../../shared/execution/admit/start-executions.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { denied } from '../../middleware/denied.ts';
import { given } from '../../middleware/given.ts';
import { idempotencyKeyPattern } from '../../middleware/idempotency-key.ts';
import { lambda } from '../../middleware/lambda.ts';
import { boundedProblem, Problem, toDenial } from '../../middleware/problem.ts';
import { ndjsonMediaType, type ReadLine } from '../../middleware/body/read-lines.ts';
import { reportError, type ErrorPlace } from '../../middleware/render-response.ts';
import { maxStartBytes } from './start-execution.ts';

const limits = {
  /** API Gateway takes 10 MB, but hands it to Lambda as base64, which takes 6 MB a request. */
  bytes: 4 * 1024 * 1024,
  /** More would only hold others up longer. */
  lines: 500,
  /** What a start alone may have. */
  lineBytes: maxStartBytes,
  /** Lambda answers at most 6 MB, and 500 denials of all packs would be more. */
  problemBytes: 8 * 1024,
} as const;

const BatchStart = StartRequest.extend({
  idempotencyKey: z
    .string()
    .regex(idempotencyKeyPattern)
    .optional()
    .describe('As the `Idempotency-Key` of a single start; goes before the one of the request'),
}).meta({ id: 'BatchStart' });

const index = z.int().nonnegative().describe('Which line it answers: from 0, blank lines not counted');

const BatchAnswer = z
  .union([
    z.strictObject({
      index,
      status: z.literal(202),
      execution: Execution,
      replayed: z.literal(true).optional().describe('Present when the key had been used for this request before'),
    }),
    z.strictObject({ index, status: z.int().min(400).max(599), problem: Problem }),
  ])
  .meta({ id: 'BatchAnswer' });
type BatchAnswer = z.infer<typeof BatchAnswer>;

const example = `{"workflow":"nightly@1.2.0","inputs":{"shard":1}}
{"workflow":"nightly@1.2.0","inputs":{"shard":2},"idempotencyKey":"2026-11-20/2"}
`;

const answerExample = `{"index":0,"status":202,"execution":{"id":"exec_01K00000000000000000000000","state":"running",…}}
{"index":1,"status":403,"problem":{"code":"mc:policy:denied","status":403,"deny":[…],…}}
`;

export const operation = defineOperation({
  id: 'startExecutions',
  method: 'POST',
  path: '/api/executions:batch',
  tag: 'Executions',
  summary: 'Start many runs',
  description:
    `Takes NDJSON: one start a line, at most ${limits.lines} lines of ${limits.lineBytes / 1024} KiB and ${limits.bytes / 1024 / 1024} MiB altogether. Each line is planned, judged and admitted ` +
    'as if it came alone, several at a time and in no certain order, and answered with one line, in the order of the request; what is wrong with one line (even that it is not ' +
    'JSON) is the answer to that line only. Lines end in LF or CRLF, the last one may end with the body; blank lines are skipped and not counted. ' +
    'A line that is not begun after 20 s is answered 429. With an `Idempotency-Key` the whole batch can be sent again: nothing is started twice, and the same lines answer ' +
    'the same runs; a line that changed meanwhile is answered 409. An error of the request itself (a token, the size, an overload) is one problem, and nothing was started.',
  body: { kind: 'lines', schema: BatchStart, maxBytes: limits.bytes, maxLines: limits.lines, maxLineBytes: limits.lineBytes, example },
  idempotencyKey: true,
  responses: {
    200: {
      description: 'What became of each line; runs as in lists, without their tasks',
      schema: BatchAnswer,
      mediaType: ndjsonMediaType,
      example: answerExample,
    },
  },
  async handle({ deps, actor, body, idempotencyKey, requestId }) {
    const place = { requestId, logger: deps.logger, operation: 'startExecutions' };
    const textOf = (result: LineResult, at: number): string => `${JSON.stringify(answerOf(result, at, place))}\n`;
    const answers = await startExecutions(deps, actor, { lines: startsOf(body), ...given({ idempotencyKey }) }, textOf);
    return { status: 200, bytes: answers.join(''), mediaType: ndjsonMediaType };
  },
});

function* startsOf(lines: Iterable<ReadLine<z.output<typeof BatchStart>>>): Generator<ReadStart> {
  for (const read of lines) yield () => given(read());
}

function answerOf(result: LineResult, at: number, place: ErrorPlace): BatchAnswer {
  if (result.kind === 'started') {
    const execution = { ...result.execution, outputs: null, tasks: [] };
    return { index: at, status: 202, execution, ...(result.replayed && { replayed: true }) };
  }
  const whole = result.kind === 'denied' ? toDenial(denied(result.decision, 'the run'), place.requestId) : reportError(result.error, place);
  const problem = boundedProblem(whole, limits.problemBytes);
  return { index: at, status: problem.status, problem };
}

export const handler = lambda(operation);

import jsonata from 'jsonata';
import { InputError } from '../../input-error.ts';
import type { TaskContext } from '../../task-context.ts';

interface Inputs {
  expression: string;
  data: unknown;
  bindings?: Record<string, unknown>;
  timeoutMs?: number;
  maxDepth?: number;
}

const defaultTimeoutMs = 5_000;
/** Below what overflows the stack of Node's default size. */
const defaultMaxDepth = 300;
/** A longer list would not fit into the outputs of a task anyway. */
const maxListLength = 1_000_000;

/** Errors of JSONata are plain objects with a code and a position. */
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const message = 'message' in error ? String(error.message) : 'unknown error';
  return 'position' in error ? `${message} (at character ${String(error.position)})` : message;
}

function parse({ expression, timeoutMs = defaultTimeoutMs, maxDepth = defaultMaxDepth }: Inputs): jsonata.Expression {
  try {
    return jsonata(expression, { timeout: timeoutMs, stack: maxDepth, sequence: maxListLength });
  } catch (error) {
    throw new InputError(`expression is not JSONata: ${messageOf(error)}`);
  }
}

export default async function run({ inputs, log }: TaskContext<Inputs>): Promise<{ result: unknown }> {
  const expression = parse(inputs);
  let result: unknown;
  try {
    result = await expression.evaluate(inputs.data, inputs.bindings);
  } catch (error) {
    throw new InputError(`the expression failed: ${messageOf(error)}`);
  }
  log(
    result === undefined
      ? 'the expression found nothing'
      : `computed ${Array.isArray(result) ? `a list of ${result.length}` : typeof result}`,
  );
  // JSONata marks its lists with hidden properties, and its functions have no JSON form: only plain data leaves.
  const text: string | undefined = JSON.stringify(result);
  return { result: text === undefined ? null : JSON.parse(text) };
}

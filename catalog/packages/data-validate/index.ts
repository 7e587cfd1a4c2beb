import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { InputError } from '../../input-error.ts';
import type { TaskContext } from '../../task-context.ts';

interface Inputs {
  schema: object | boolean;
  value: unknown;
  failOnInvalid?: boolean;
  maxIssues?: number;
}

interface Finding {
  pointer: string;
  keyword: string;
  message: string;
}

interface Outputs {
  valid: boolean;
  issueCount: number;
  issues: Finding[];
}

/** As many problems as an error message bears; the output has all of them. */
const maxInMessage = 5;

function findingOf({ instancePath, keyword, message, params }: ErrorObject): Finding {
  const names: Record<string, unknown> = params;
  const detail = names['allowedValues'] ?? names['additionalProperty'] ?? names['unevaluatedProperty'];
  const more = detail === undefined ? '' : `: ${JSON.stringify(detail)}`;
  return { pointer: instancePath, keyword, message: `${message ?? 'does not fit the schema'}${more}` };
}

function judge({ schema, value }: Inputs): Finding[] {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats.default(ajv);
  let validate;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    throw new InputError(`schema is not a usable JSON Schema 2020-12: ${error instanceof Error ? error.message : String(error)}`);
  }
  validate(value);
  return (validate.errors ?? []).map(findingOf);
}

export default async function run({ inputs, log }: TaskContext<Inputs>): Promise<Outputs> {
  const findings = judge(inputs);
  log(findings.length === 0 ? 'the value fits the schema' : `problems found: ${findings.length}`);
  if (findings.length > 0 && inputs.failOnInvalid !== false) {
    const shown = findings.slice(0, maxInMessage).map(({ pointer, message }) => `${pointer === '' ? 'the value' : pointer} ${message}`);
    throw new InputError(
      `the value does not fit the schema: ${shown.join('; ')}${findings.length > maxInMessage ? `; and ${findings.length - maxInMessage} more` : ''}`,
    );
  }
  return { valid: findings.length === 0, issueCount: findings.length, issues: findings.slice(0, inputs.maxIssues ?? 100) };
}

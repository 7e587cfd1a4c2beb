/** One mapper from anything thrown to what the command line answers: code, exit code, what was got, what is allowed, the fix. */
import { CommanderError } from 'commander';
import { errorCatalog, type ErrorCode } from '../shared/core/error-catalog/error-catalog.ts';
import { McError } from '../shared/core/errors.ts';
import type { Issue } from '../shared/core/issue.ts';
import type { DenyReason } from '../shared/decision/decision.ts';
import { ApiProblem } from './client/api-problem.ts';
import type { ExitCode } from './terminal/report.ts';

export interface Failure {
  code: string;
  title: string;
  message: string;
  fix: string;
  exit: ExitCode;
  issues: readonly Issue[];
  deny: readonly DenyReason[];
  /** The recorded decision that denied. */
  decisionId?: string;
  /** The request id under which the home logged it. */
  instance?: string;
}

/** What the command line answers; `help` is how the help of the command is asked for, where the catalog can only say COMMAND. */
export function toFailure(error: unknown, help = 'maestro help COMMAND'): Failure {
  const failure = mapped(error);
  return { ...failure, fix: failure.fix.replace('maestro help COMMAND', help) };
}

function mapped(error: unknown): Failure {
  if (error instanceof ApiProblem) {
    const failure = fromCode(error.code, error.message, error.issues, error.deny);
    const { fix = failure.fix, decisionId, instance } = error;
    // A newer home has codes that this program does not know.
    const known = isCatalogued(error.code) ? failure : { ...failure, fix };
    return { ...known, ...(decisionId === undefined ? {} : { decisionId }), ...(instance === undefined ? {} : { instance }) };
  }
  if (error instanceof McError) return fromCode(error.code, error.message, error.issues, []);
  if (error instanceof CommanderError) return fromCommander(error);
  const message = error instanceof Error ? error.message : String(error);
  const failure = fromCode('mc:internal:unexpected', message, [], []);
  return { ...failure, fix: 'Run again with MC_DEBUG=1 to see where it happened, and report it.' };
}

/** commander's message, whose second line is a guess at what was meant: `(Did you mean --region?)`. */
function fromCommander({ message }: CommanderError): Failure {
  const [what = '', guess] = message.replace(/^error: /, '').split('\n');
  const failure = fromCode('mc:cli:usage', what, [], []);
  return guess === undefined ? failure : { ...failure, fix: `${guess.replace(/^\((.*)\)$/, '$1')} ${failure.fix}` };
}

function fromCode(code: string, message: string, issues: readonly Issue[], deny: readonly DenyReason[]): Failure {
  if (!isCatalogued(code))
    return { code, title: 'The home answered with an error', message, fix: 'See /docs of the home.', exit: 1, issues, deny };
  const { title, fix, exit } = errorCatalog[code];
  return { code, title, message, fix, exit, issues, deny };
}

function isCatalogued(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalog, code);
}

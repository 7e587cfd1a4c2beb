import type { Issue } from '../../shared/core/issue.ts';
import type { DenyReason } from '../../shared/decision/decision.ts';
import type { Problem } from './answers.ts';

/** What the home answered instead of a result. Callers branch on `code`. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: string;
  readonly status: number;
  readonly title: string;
  /** What the home says to do; this program may know the code and say it itself. */
  readonly fix: string | undefined;
  readonly issues: readonly Issue[];
  readonly deny: readonly DenyReason[];
  /** The recorded decision that denied; absent for everything else. */
  readonly decisionId: string | undefined;
  /** The id under which the home logged the request; absent when no home answered. */
  readonly instance: string | undefined;

  constructor(status: number, problem: Problem, cause?: unknown) {
    super(
      problem.detail ?? problem.title ?? `The home answered with status ${String(status)}.`,
      cause === undefined ? undefined : { cause },
    );
    this.code = problem.code ?? codeOfStatus(status);
    this.status = status;
    this.title = problem.title ?? `HTTP status ${String(status)}`;
    this.fix = problem.fix;
    this.issues = problem.issues ?? [];
    this.deny = problem.deny ?? [];
    this.decisionId = problem.decisionId;
    this.instance = problem.instance;
  }

  /** The same answer with other issues, such as these with their places. */
  withIssues(issues: Issue[]): ApiProblem {
    const { status, code, title, message: detail, fix, deny, decisionId, instance } = this;
    return new ApiProblem(status, { code, title, detail, fix, issues, deny: [...deny], decisionId, instance }, this.cause);
  }
}

/** A gateway in front of a deployed home answers some errors itself, without our code. */
function codeOfStatus(status: number): string {
  if (status === 401) return 'mc:auth:unauthenticated';
  if (status === 403) return 'mc:auth:forbidden';
  if (status === 404) return 'mc:request:not-found';
  if (status === 413) return 'mc:request:too-large';
  if (status === 429) return 'mc:host:overloaded';
  if (status === 502 || status === 503 || status === 504) return 'mc:host:unreachable';
  return status < 500 ? 'mc:request:invalid' : 'mc:internal:unexpected';
}

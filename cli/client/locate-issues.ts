/** Issues that only the home can find, such as an unknown package, at their place in the file that was sent. */
import type { ErrorCode } from '../../shared/core/error-catalog/error-catalog.ts';
import type { Issue } from '../../shared/core/issue.ts';
import { readManifestSource } from '../../shared/manifest/manifest-source.ts';
import { ApiProblem } from './api-problem.ts';

/** Other issues speak of the request, such as the inputs of a run. */
const aboutManifest: readonly string[] = ['mc:manifest:invalid', 'mc:package:not-found'] satisfies ErrorCode[];

/** What the home answers about the manifest with this text; an `ApiProblem` about the manifest is thrown with line and column of its issues. */
export async function withPlaces<T>(text: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiProblem) || !aboutManifest.includes(error.code)) throw error;
    throw error.withIssues(located(text, error.issues));
  }
}

/** Those that have a place keep it. */
function located(text: string, issues: readonly Issue[]): Issue[] {
  const source = readManifestSource(text);
  return issues.map((issue) => (issue.line === undefined ? source.locate(issue) : issue));
}

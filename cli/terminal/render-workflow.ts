import type { Workflow } from '../../shared/manifest/workflow.ts';
import { paint } from './paint.ts';

export const versionOf = ({ name, version }: Workflow): string => paint('bold', `${name}@${version}`);

/** What names one version for ever, a line each. */
export function idsOf({ id, digest, releaseId }: Workflow): string[] {
  return [`  id       ${id}`, `  digest   ${digest}`, `  release  ${releaseId === null ? 'none' : `${releaseId} (signed statement)`}`];
}

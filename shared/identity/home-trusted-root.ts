import { listLogs } from '../log/retired-logs.ts';
import type { Deps } from '../port/deps.ts';
import { trustedRoot } from '../receipt/trusted-root.ts';
import { homeAuthority, type AuthorityDeps } from './home-authority.ts';

/** The trusted root of this home: its logs, and its authorities. The same document whenever it is asked for, until a log is added. */
export async function homeTrustedRoot(deps: AuthorityDeps & Pick<Deps, 'logKey' | 'config'>): Promise<Record<string, unknown>> {
  const [logs, authority] = await Promise.all([listLogs(deps), homeAuthority(deps)]);
  return trustedRoot(logs, { ...authority, uri: deps.config.builderId });
}

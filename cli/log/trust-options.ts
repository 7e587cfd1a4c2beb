/** Which logs count: those of a trusted root that the caller kept, or, to begin with, those that the home names itself. */
import type { Command } from 'commander';
import type { LogIdentity } from '../../shared/log/log-identity.ts';
import { trustedLogs } from '../../shared/receipt/trusted-logs.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { readTrustedRoot, useTrustedRoot } from '../verify/read-trusted-root.ts';

export interface TrustOptions {
  trustedRoot?: string;
}

export interface Trust {
  logs: LogIdentity[];
  /** Whether the caller brought the trusted root: one from the home itself only shows that the home agrees with itself. */
  isOwn: boolean;
}

export function addTrust(command: Command): Command {
  return command.option('--trusted-root <file>', 'trusted root that you kept (default: the one that the home publishes now)');
}

export async function readTrust(client: MaestroClient, { trustedRoot }: TrustOptions): Promise<Trust> {
  if (trustedRoot !== undefined) return { logs: readTrustedRoot(trustedRoot, trustedLogs), isOwn: true };
  return { logs: useTrustedRoot(await client.getTrustedRoot(), 'The trusted root of the home', trustedLogs), isOwn: false };
}

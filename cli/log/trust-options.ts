/** Which logs count: those of a trusted root that the caller kept, or, to begin with, those that the home names itself. */
import type { Command } from 'commander';
import { McError } from '../../shared/core/errors.ts';
import type { LogIdentity } from '../../shared/log/log-identity.ts';
import { trustedLogs } from '../../shared/receipt/trusted-logs.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { readSmallFile } from '../read-small-file.ts';

export interface TrustOptions {
  trustedRoot?: string;
}

export interface Trust {
  logs: LogIdentity[];
  /** Whether the caller brought the trusted root: one from the home itself only shows that the home agrees with itself. */
  isOwn: boolean;
}

/** A trusted root names a few keys. */
const maxTrustedRootBytes = 1024 * 1024;

export function addTrust(command: Command): Command {
  return command.option('--trusted-root <file>', 'trusted root that you kept (default: the one that the home publishes now)');
}

export async function readTrust(client: MaestroClient, { trustedRoot }: TrustOptions): Promise<Trust> {
  if (trustedRoot !== undefined) return { logs: readTrustedLogs(trustedRoot), isOwn: true };
  return { logs: parseTrustedLogs(await client.getTrustedRoot(), 'The trusted root of the home'), isOwn: false };
}

/** The logs of the trusted root in this file. */
export function readTrustedLogs(file: string): LogIdentity[] {
  return parseTrustedLogs(readSmallFile(file, maxTrustedRootBytes), file);
}

function parseTrustedLogs(text: string, name: string): LogIdentity[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new McError('mc:cli:usage', `${name} is not JSON.`, { cause });
  }
  try {
    return trustedLogs(value);
  } catch (cause) {
    if (!(cause instanceof McError)) throw cause;
    throw new McError(cause.code, `${name} cannot be used: ${cause.message}`, { cause });
  }
}

/** The login file of a running home: URL and token for the command line of the same user, renewed while the home runs, gone when it ends. */
import { readFileSync, rmSync } from 'node:fs';
import type { Logger } from '../../shared/port/logger.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import { loginFile } from '../data-dir.ts';
import { clearPointer, writePointer } from './home-pointer.ts';
import type { Issuer } from './issuer.ts';
import { writePrivateFile } from './private-file.ts';

interface LoginOptions {
  dataDir: string;
  url: string;
  issuer: Issuer;
  /** Whether the pointer of this machine's user names this home. */
  isAnnounced: boolean;
  logger: Logger;
}

export interface Login {
  token: string;
  end(): void;
}

/** Long enough for a day's work with a copied token; the file gets a new one in time while the home runs. */
const tokenLifetimeMs = 24 * 3_600_000;

/** The one person and tenant of a machine's own home. */
const localAdmin = { sub: 'admin@local', tenant: 'local', roles: ['admin'] } as const;

/** Whether this is whom the login file speaks of. */
export function isLocalAdmin({ sub, tenant }: Actor): boolean {
  return sub === localAdmin.sub && tenant === localAdmin.tenant;
}

export async function keepLogin({ dataDir, url, issuer, isAnnounced, logger }: LoginOptions): Promise<Login> {
  const path = loginFile(dataDir);
  let written = '';
  const renew = async (): Promise<string> => {
    const token = await issuer.issueToken(url, localAdmin, tokenLifetimeMs);
    written = `${JSON.stringify({ url, token })}\n`;
    writePrivateFile(path, written);
    return token;
  };
  const token = await renew();
  if (isAnnounced) writePointer(dataDir);
  const renewal = setInterval(() => {
    renew().catch((error: unknown) => logger.error('the login file could not be renewed', { error }));
  }, tokenLifetimeMs / 2).unref();
  const end = (): void => {
    clearInterval(renewal);
    if (isAnnounced) clearPointer();
    if (holds(path, written)) rmSync(path, { force: true });
  };
  return { token, end };
}

/** Whether the file is there and nobody has put another one in its place. */
function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8') === text;
  } catch {
    return false; // It is gone already, which is all that ending a login wants.
  }
}

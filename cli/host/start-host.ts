/**
 * Brings the embedded home up: its data folder (locked by the home), its issuer, its HTTP server, and the login file by which the command line of
 * the same user finds it. Each step that fails takes the earlier ones down again, so nothing is left half-started.
 */
import { readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { createLocalJWKSet } from 'jose';
import { z } from 'zod';
import { operations } from '../../functions/http/index.ts';
import { loginFile } from '../data-dir.ts';
import { authenticator } from './authenticate.ts';
import { openEmbeddedHome } from './embedded-deps.ts';
import { clearPointer, writePointer } from './home-pointer.ts';
import { closeServer, mount, openPort } from './http-server.ts';
import { issuerOperations, openIssuer, type Issuer } from './issuer.ts';
import { writePrivateFile } from './private-file.ts';

type HomeOptions = Parameters<typeof openEmbeddedHome>[0];
type Home = Awaited<ReturnType<typeof openEmbeddedHome>>;

export type HostOptions = HomeOptions & {
  /** 0 for a free one. */
  port?: number;
  host?: string;
  /** Origin under which callers reach the home, when it is not the address it listens on. */
  publicUrl?: string;
  /** Whether the command line of this user shall find this home by itself; false for a demo, a benchmark or a test. */
  isAnnounced?: boolean;
};

export interface RunningHost {
  url: string;
  /** A token of the local admin, valid for a day. */
  token: string;
  home: Home;
  close(): Promise<void>;
}

const defaults = { port: 8484, host: '127.0.0.1' } as const;

/** Long enough for a day's work with a copied token; the login file gets a new one in time while the home runs. */
const tokenLifetimeMs = 24 * 3_600_000;

/** The one person and tenant of a machine's own home. */
const localAdmin = { sub: 'admin@local', tenant: 'local', roles: ['admin'] } as const;

function urlOf(server: Server, { host, publicUrl }: { host: string; publicUrl?: string | undefined }): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so the address is not the name of a pipe.
  const isEverywhere = host === '0.0.0.0' || host === '::';
  const name = isEverywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

export async function startHost(options: HostOptions): Promise<RunningHost> {
  const { port = defaults.port, host = defaults.host, publicUrl, isAnnounced = true, ...homeOptions } = options;
  const home = await openEmbeddedHome(homeOptions);
  try {
    const issuer = await openIssuer(options.dataDir, home.deps.clock);
    const server = await openPort({ host, port });
    const url = urlOf(server, { host, publicUrl });
    mountHome(server, { home, issuer, url });
    const login = await keepLogin({ dataDir: options.dataDir, url, issuer, isAnnounced });
    const close = async (): Promise<void> => {
      login.end();
      await closeServer(server);
      await home.close();
    };
    return { url, token: login.token, home, close };
  } catch (error) {
    await home.close();
    throw error;
  }
}

function mountHome(server: Server, { home, issuer, url }: { home: Home; issuer: Issuer; url: string }): void {
  const { deps } = home;
  const authenticate = authenticator(deps, { issuer: url, keys: createLocalJWKSet(issuer.jwks) });
  mount(server, { operations: [...operations, ...issuerOperations(issuer)], deps, authenticate, origin: url });
}

interface Login {
  dataDir: string;
  url: string;
  issuer: Issuer;
  isAnnounced: boolean;
}

const LoginFile = z.object({ url: z.string() });

async function keepLogin({ dataDir, url, issuer, isAnnounced }: Login): Promise<{ token: string; end(): void }> {
  const path = loginFile(dataDir);
  const renew = async (): Promise<string> => {
    const token = await issuer.issueToken(url, localAdmin, tokenLifetimeMs);
    writePrivateFile(path, `${JSON.stringify({ url, token })}\n`);
    return token;
  };
  const token = await renew();
  if (isAnnounced) writePointer(dataDir);
  const timer = setInterval(() => void renew(), tokenLifetimeMs / 2).unref();
  const end = (): void => {
    clearInterval(timer);
    if (isAnnounced) clearPointer();
    if (LoginFile.parse(JSON.parse(readFileSync(path, 'utf8'))).url === url) rmSync(path, { force: true });
  };
  return { token, end };
}

/**
 * Brings the embedded home up: its data folder (locked by the home), its issuer, its HTTP server, and the login file by which the command line of
 * the same user finds it. A step that fails takes the earlier ones down again, so nothing is left half-started.
 */
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { operations } from '../../functions/http/index.ts';
import { keepBackups, type BackupPlan } from './backup-keeper.ts';
import { authenticator, type TokenRules } from './authenticate.ts';
import { openEmbeddedHome, type EmbeddedHome, type EmbeddedHomeOptions } from './embedded-deps.ts';
import { HeapRoom } from './heap-room.ts';
import { closeServer, mount, openPort } from './http-server.ts';
import { issuerOperations, issuerRules, openIssuer, type Issuer } from './issuer.ts';
import { isLocalAdmin, keepLogin } from './login.ts';
import { openOutsideIssuer, type OutsideIssuer } from './outside-issuer.ts';

export type HostOptions = EmbeddedHomeOptions & {
  /** 0 for a free one. */
  port?: number;
  host?: string;
  /** Origin under which callers reach the home, when it is not the address it listens on. */
  publicUrl?: string;
  /** Whether the command line of this user shall find this home by itself; false for a demo, a benchmark or a test. */
  isAnnounced?: boolean;
  /** Who says who callers are. The home's own issuer then speaks for the local admin only; without it, for everybody. */
  oidc?: OutsideIssuer;
  /** How the home backs itself up; without it, it does not. */
  backups?: BackupPlan;
};

export interface RunningHost {
  url: string;
  /** A token of the local admin, valid for a day. */
  token: string;
  home: EmbeddedHome;
  close(): Promise<void>;
}

const defaults = { port: 8484, host: '127.0.0.1' } as const;

export async function startHost(options: HostOptions): Promise<RunningHost> {
  const { port = defaults.port, host = defaults.host, publicUrl, isAnnounced = true, oidc, backups, ...homeOptions } = options;
  await using started = new AsyncDisposableStack();
  const outside = oidc === undefined ? undefined : await openOutsideIssuer(oidc);
  // An address that is wrong is said before the data folder is opened; whether the port is free can only be told later, by taking it.
  await closeServer(await openPort({ host, port: 0 }));
  const home = await openEmbeddedHome(homeOptions);
  started.defer(() => home.close());
  const { dataDir } = options;
  const { deps } = home;
  const issuer = await openIssuer(dataDir, deps.clock);
  const heap = new HeapRoom();
  const server = await openPort({ host, port });
  started.defer(() => closeServer(server));
  const url = publicUrl?.replace(/\/+$/, '') ?? urlOf(server, host);
  mount(server, {
    operations: [...operations, ...issuerOperations(issuer)],
    deps,
    authenticate: authenticator(deps, outside === undefined ? [issuerRules(url, issuer)] : [localLogin(url, issuer), outside]),
    origin: url,
    onRequest: (starts) => {
      const leave = home.gate.enter(starts);
      heap.note(home.gate.isUnderLoad);
      return leave;
    },
  });
  const login = await keepLogin({ dataDir, url, issuer, isAnnounced, logger: deps.logger });
  started.defer(() => login.end());
  if (backups) started.adopt(keepBackups(deps, dataDir, backups), (keeper) => keeper.close());
  const running = started.move();
  return { url, token: login.token, home, close: () => running.disposeAsync() };
}

/** Whoever may read the login file owns the machine, so the local admin stays; for everybody else the outside issuer speaks. */
function localLogin(url: string, issuer: Issuer): TokenRules {
  return { ...issuerRules(url, issuer), speaksFor: isLocalAdmin };
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo; // It listens on TCP, so the address is not the name of a pipe.
  const isEverywhere = host === '0.0.0.0' || host === '::';
  const name = isEverywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

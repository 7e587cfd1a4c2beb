/**
 * Finds the home to talk to and the token to show: options first, then MC_URL and MC_TOKEN, then the login file of the running home.
 * A token is only ever sent to the URL it was found with.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { McError } from '../shared/core/errors.ts';
import { MaestroClient } from './client/maestro-client.ts';
import { defaultDataDir, loginFile } from './data-dir.ts';
import { errnoOf } from './errno.ts';
import { runningDataDir } from './host/home-pointer.ts';

export interface ConnectionOptions {
  url?: string;
  token?: string;
  dataDir?: string;
}

export interface Session {
  url: string;
  token: string | undefined;
  /** Where the URL came from, in words for people. */
  source: string;
  /** Where the token came from; undefined without one. */
  tokenSource: string | undefined;
}

const Login = z.object({ url: z.url(), token: z.string() });

export function openSession(options: ConnectionOptions, env: NodeJS.ProcessEnv = process.env): Session {
  const dataDir = dataDirOf(options, env);
  const file = loginFile(dataDir);
  const login = readLogin(file);
  refuseEmpty(env);
  const url = options.url ?? env['MC_URL'] ?? login?.url;
  if (url === undefined) {
    throw new McError('mc:host:unreachable', `No home is known: no --url, no MC_URL, and no running home has left ${file}.`);
  }
  if (!z.url({ protocol: /^https?$/ }).safeParse(url).success) {
    throw new McError(
      'mc:cli:usage',
      `The URL of the home is not valid: got ${JSON.stringify(url)}; allowed is an http(s) URL such as http://127.0.0.1:8484.`,
    );
  }
  const sameHome = login !== undefined && homeOf(login.url) === homeOf(url);
  const [token, tokenSource] = chooseToken(options.token, env['MC_TOKEN'], sameHome ? [login.token, file] : [undefined, undefined]);
  const source = options.url !== undefined ? '--url' : env['MC_URL'] !== undefined ? 'MC_URL' : file;
  return { url: trim(url), token, source, tokenSource };
}

type FoundToken = readonly [token: string | undefined, source: string | undefined];

function chooseToken(option: string | undefined, variable: string | undefined, login: FoundToken): FoundToken {
  if (option !== undefined) return [option, '--token'];
  return variable === undefined ? login : [variable, 'MC_TOKEN'];
}

/** What a command that failed leaves in `export MC_TOKEN=$(…)`. Taken for not given, it would speak as the admin of the home instead. */
function refuseEmpty(env: NodeJS.ProcessEnv): void {
  for (const name of ['MC_URL', 'MC_TOKEN']) {
    if (env[name] === '') throw new McError('mc:cli:usage', `${name} is set and empty; give it a value, or \`unset ${name}\`.`);
  }
}

function dataDirOf({ dataDir }: ConnectionOptions, env: NodeJS.ProcessEnv): string {
  return dataDir === undefined ? (runningDataDir(env) ?? defaultDataDir(env)) : resolve(dataDir);
}

/** The embedded home of this user that runs now, its data folder and the token of its admin; throws `mc:host:unreachable` when none does. */
export function runningHome(
  options: ConnectionOptions,
  env: NodeJS.ProcessEnv = process.env,
): { url: string; dataDir: string; token: string } {
  const dataDir = dataDirOf(options, env);
  const login = readLogin(loginFile(dataDir));
  if (login) return { url: trim(login.url), dataDir, token: login.token };
  throw new McError('mc:host:unreachable', `No home runs on ${dataDir}: there is no ${loginFile(dataDir)}.`);
}

export function connect(options: ConnectionOptions): MaestroClient {
  return new MaestroClient(openSession(options));
}

function readLogin(file: string): z.infer<typeof Login> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw new McError('mc:cli:file-unreadable', `The login file ${file} cannot be read.`, { cause: error });
  }
  const parsed = Login.safeParse(safeJson(text));
  if (!parsed.success) throw new McError('mc:cli:file-unreadable', `The login file ${file} is damaged; \`maestro up\` writes it anew.`);
  return parsed.data;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The same port of this machine is the same home, whichever of its own names it goes by. */
function homeOf(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url);
  const isThisMachine = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return `${protocol}//${isThisMachine ? 'localhost' : hostname}:${port}${trim(pathname)}`;
}

const trim = (url: string): string => url.replace(/\/+$/, '');

/**
 * From a target to a connection, in the order that leaves no gap: the list is asked before any name is resolved, every address of the answer is looked at, and
 * the connection goes to one of exactly these addresses. A second answer of the name server (DNS rebinding) is never asked for.
 */
import { BlockList, connect, isIP, isIPv6, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { EgressRule } from '../../shared/package/egress.ts';
import type { EgressMode } from '../../shared/port/egress-trace.ts';
import type { EgressEnd } from './egress-ledger.ts';
import { targetName, type EgressTarget } from './egress-target.ts';
import { isPublicAddress } from './public-address.ts';
import type { Resolver } from './resolver.ts';

/** A server that takes longer to accept is down for a task. */
const connectTimeoutMs = 10_000;
/** More addresses are not tried. */
const maxTried = 4;

export interface EgressRules {
  allow: readonly EgressRule[];
  mode: EgressMode;
  resolver: Resolver;
  /** Targets `address:port` on this machine that tests may reach; nothing but code can set it. */
  loopbackTargets: readonly string[];
  /** Addresses of this machine; default: those of its interfaces, at the moment of the call. */
  ownAddresses?: () => readonly string[];
}

export type Pinned = EgressEnd & { socket?: Socket };

/** Whether exactly this host and port are on the list; no address is asked for to find out. */
function isListed({ host, port }: EgressTarget, allow: readonly EgressRule[]): boolean {
  return allow.some((rule) => rule.host.toLowerCase() === host && rule.ports.includes(port));
}

/** Public addresses of this machine lead to what listens on it, past every wall before it. */
function isOneOf(address: string, own: readonly string[]): boolean {
  const list = new BlockList(); // It compares addresses, not the many ways to write one.
  for (const each of own) list.addAddress(each, familyOf(each));
  return list.check(address, familyOf(address));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

async function addressesOf({ host }: EgressTarget, resolver: Resolver): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return await resolver.resolve(host);
  } catch {
    return []; // A name that cannot be resolved has no address.
  }
}

function open(address: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    // Half-open: a server that has said all may still have to be told something.
    const socket = connect({ host: address, port, autoSelectFamily: false, allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(), connectTimeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    // For its whole life: an error that nobody listens for would end this process. Once connected, `close` tells the rest.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

/** Judges the target and connects; the end says what became of it, with a socket when there is a connection. */
export async function connectPinned(target: EgressTarget, rules: EgressRules): Promise<Pinned> {
  const { allow, mode, resolver, loopbackTargets, ownAddresses = interfaceAddresses } = rules;
  const listed = isListed(target, allow);
  if (!listed && mode === 'enforce') return { target, verdict: 'blocked', reason: 'not-listed' };
  const addresses = await addressesOf(target, resolver);
  // What is not on the list would have been blocked, whether or not it can be reached.
  const failed = listed ? 'failed' : 'would-block';
  if (addresses.length === 0) return { target, verdict: failed, reason: 'unresolved' };
  const mayReach = (address: string): boolean =>
    (isPublicAddress(address) && !isOneOf(address, ownAddresses())) ||
    loopbackTargets.includes(targetName({ host: address, port: target.port }));
  // One private address among public ones is how a name server slips it in, so all of them have to be public.
  if (!addresses.every(mayReach)) return { target, verdict: 'blocked', reason: 'private-address' };
  for (const address of addresses.slice(0, maxTried)) {
    const socket = await open(address, target.port);
    if (socket) return { target, verdict: listed ? 'allowed' : 'would-block', reason: listed ? 'listed' : 'not-listed', socket };
  }
  return { target, verdict: failed, reason: 'unreachable' };
}

import { isIPv4, isIPv6 } from 'node:net';

/** Where a task wants to go, as it wrote it, in lower case. */
export interface EgressTarget {
  /** A name or an address; an IPv6 address without its brackets. */
  host: string;
  port: number;
}

const maxPort = 65_535;
const maxHostChars = 253;
const nameForm = /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/;

/**
 * A name, or an address in its usual form. `127.1`, `0x7f000001` and `2130706433` are names to one program and 127.0.0.1 to another, so whatever ends in a
 * number and is no address of four decimal parts is none of both. No trailing dot: it is another spelling that the list does not have.
 */
function isHost(host: string): boolean {
  if (isIPv4(host)) return true;
  const last = host.slice(host.lastIndexOf('.') + 1);
  return host.length <= maxHostChars && nameForm.test(host) && !/^(\d+|0x[0-9a-f]*)$/.test(last);
}

/** Reads `host:port` or `[address]:port`, as strictly as RFC 9112 §3.2.3 writes it; undefined for anything else. */
export function parseTarget(authority: string): EgressTarget | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^[\]:@/?#\s]+)):([1-9]\d{0,4})$/.exec(authority.toLowerCase());
  if (!found) return undefined;
  const [, address, name, digits] = found;
  const port = Number(digits);
  if (port > maxPort) return undefined;
  if (address !== undefined) return isIPv6(address) ? { host: address, port } : undefined;
  return name !== undefined && isHost(name) ? { host: name, port } : undefined;
}

/** The target as it stands in a request or a message. */
export function targetName({ host, port }: EgressTarget): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

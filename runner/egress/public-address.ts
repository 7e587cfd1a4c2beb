/**
 * Which addresses a task may ever be connected to: those of the public internet. For IPv4 everything special is taken out; for IPv6 only 2000::/3 is taken in,
 * so ranges that are given out later are refused until somebody looks at them. Sources: the IANA special-purpose registries (RFC 6890) and vendors' manuals.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

const specialIPv4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // "this network"; 0.0.0.0 is the machine itself on Linux
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // shared by carriers; some clouds keep their metadata service here
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // the host of an Azure machine, at a public-looking address
  ['169.254.0.0', 16], // link-local, with the metadata services of AWS, Azure and Google
  ['172.16.0.0', 12],
  ['192.0.0.0', 24], // protocol assignments; the metadata service of Oracle
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // relays of 6to4
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
];

/** Parts of 2000::/3 that stand for something else than a machine in the internet, above all for an IPv4 address inside. */
const specialIPv6: readonly (readonly [string, number])[] = [
  ['2001::', 23], // protocol assignments; Teredo carries IPv4
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4 carries IPv4
  ['3fff::', 20], // documentation
];

function listOf(ranges: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}

const refusedIPv4 = listOf(specialIPv4, 'ipv4');
const refusedIPv6 = listOf(specialIPv6, 'ipv6');
const globalIPv6 = listOf([['2000::', 3]], 'ipv6');

/** Whether this is an address of the public internet; anything that is no plain address is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !refusedIPv4.check(address, 'ipv4');
  // A zone (`fe80::1%eth0`) names an interface of this machine.
  if (!isIPv6(address) || address.includes('%')) return false;
  return globalIPv6.check(address, 'ipv6') && !refusedIPv6.check(address, 'ipv6');
}

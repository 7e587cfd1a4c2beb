import { describe, expect, test } from '@jest/globals';
import { isPublicAddress } from '../../../runner/egress/public-address.ts';

const refused: Readonly<Record<string, readonly string[]>> = {
  'this machine': ['127.0.0.1', '127.255.255.254', '0.0.0.0', '::1', '::'],
  'private networks': ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fdff::1'],
  'link-local networks': ['169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'febf::1', '2606:4700::1%eth0'],
  'metadata services': ['169.254.169.254', '169.254.170.2', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  'shared networks of carriers': ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  'broadcast and reserved': ['255.255.255.255', '240.0.0.1'],
  'benchmarks and documentation': ['198.18.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  'IPv4 inside of IPv6': [
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '2002:7f00:1::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  ],
  'IPv6 that nobody has given out': ['4000::1', '5f00::1', '8000::1', '100::1'],
  'what is no address': ['', 'localhost', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '[::1]', '8.8.8.8:53', ' 8.8.8.8'],
};

describe('public addresses', () => {
  test.each(Object.entries(refused))('do not include %s', (_, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });

  test('are those of the internet, up to the edge of each special range', () => {
    const addresses = ['8.8.8.8', '1.1.1.1', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0'];
    const more = [
      '169.253.255.255',
      '169.255.0.0',
      '223.255.255.255',
      '168.63.129.15',
      '2606:4700:4700::1111',
      '2a00:1450::1',
      '2001:4860::8888',
    ];
    expect([...addresses, ...more].filter((address) => !isPublicAddress(address))).toEqual([]);
  });
});

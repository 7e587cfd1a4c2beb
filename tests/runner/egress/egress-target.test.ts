import { describe, expect, test } from '@jest/globals';
import { parseTarget, targetName } from '../../../runner/egress/egress-target.ts';
import { parseForward } from '../../../runner/egress/forward-request.ts';

const noTargets = [
  'api.example.com',
  'api.example.com:',
  'api.example.com:0',
  'api.example.com:0443',
  'api.example.com:65536',
  'api.example.com:443 ',
  ' api.example.com:443',
  'api.example.com.:443',
  '.api.example.com:443',
  'api..example.com:443',
  '-api.example.com:443',
  'user@api.example.com:443',
  'api.example.com:443@evil.example.com:443',
  'https://api.example.com:443',
  'api.example.com:443/path',
  'api.example.com:443#x',
  'api.example.com\u0000.evil.example.com:443',
  'api.example.com\r\nHost: x:443',
  'äpi.example.com:443',
  'api.example.com:4４3',
  '*.example.com:443',
  '%61pi.example.com:443',
  '127.1:443',
  '2130706433:443',
  '0x7f000001:443',
  '0x7f.0.0.0x1:443',
  '0177.0.0.1:443',
  '1.2.3.4.5:443',
  '999.1.1.1:443',
  '::1:443',
  '[::1:443',
  '[::1]443',
  '[api.example.com]:443',
  '[fe80::1%eth0]:443',
  `${'a'.repeat(64)}.example.com:443`,
  `${'a.'.repeat(127)}example.com:443`,
  '',
  ':443',
];

describe('a target', () => {
  test.each(noTargets)('is not read from %j', (authority) => {
    expect(parseTarget(authority)).toBeUndefined();
  });

  test('is host and port, in lower case', () => {
    expect(parseTarget('API.Example.com:443')).toEqual({ host: 'api.example.com', port: 443 });
    expect(parseTarget('203.0.113.7:8443')).toEqual({ host: '203.0.113.7', port: 8443 });
    expect(parseTarget('[2001:DB8::1]:443')).toEqual({ host: '2001:db8::1', port: 443 });
  });

  test('is written so that it reads as the same', () => {
    for (const text of ['api.example.com:443', '[2001:db8::1]:443', '203.0.113.7:1']) {
      const target = parseTarget(text);
      expect(target && targetName(target)).toBe(text);
    }
  });
});

describe('a forwarded request', () => {
  test.each([
    'https://api.example.com/',
    'ftp://api.example.com/',
    '/path',
    '*',
    'http://',
    'http:///path',
    'http://user:secret@api.example.com/',
    'http://api.example.com\\@evil.example.com/',
    'http://api.example.com/a b',
    'http://api.example.com/#part',
    'http://api.example.com:0/',
    'http://127.1/',
    'http://api.example.com:80:81/',
  ])('is not read from %j', (uri) => {
    expect(parseForward(uri)).toBeUndefined();
  });

  test('has port 80 unless it says another', () => {
    expect(parseForward('http://api.example.com')).toEqual({ target: { host: 'api.example.com', port: 80 }, path: '/' });
    expect(parseForward('HTTP://api.example.com:8080/a?b=c')).toEqual({ target: { host: 'api.example.com', port: 8080 }, path: '/a?b=c' });
    expect(parseForward('http://api.example.com?b=c')).toEqual({ target: { host: 'api.example.com', port: 80 }, path: '/?b=c' });
  });
});

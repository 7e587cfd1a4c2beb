import { describe, expect, test } from '@jest/globals';
import { findMirror } from '../../scripts/oracles/debian-apt.ts';

describe('the Debian mirror is taken from the configuration of apt', () => {
  test('in the one-line notation, with and without options', () => {
    expect(findMirror('# a comment\ndeb http://mirror.example/debian bookworm main\n')).toBe('http://mirror.example/debian');
    expect(findMirror('deb [signed-by=/k.gpg] https://mirror.example/debian/ bookworm main')).toBe('https://mirror.example/debian');
  });

  test('in the deb822 notation', () => {
    expect(findMirror('Types: deb\n# URIs: http://old.example/debian\nURIs: http://mirror.example/debian\nSuites: bookworm\n')).toBe(
      'http://mirror.example/debian',
    );
  });

  test('and never from the security archive, another distribution or a comment', () => {
    const others = [
      'URIs: http://mirror.example/debian-security',
      'deb http://mirror.example/ubuntu noble main',
      '# deb http://mirror.example/debian bookworm main',
      '',
    ];
    expect(others.map(findMirror)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

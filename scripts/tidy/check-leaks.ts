/**
 * Nothing that must not be public: private keys and tokens anywhere, the host of a registry in npm's files.
 * Keys that tests need are made when the tests run, so there is no list of exceptions.
 */
import { lineAt, type Check } from './tree.ts';

const secrets: readonly { what: string; pattern: RegExp }[] = [
  // With its first line of data: the words alone are a format that code may name.
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*(\\n)?[A-Za-z0-9+/=]{32,}/g },
  // AWS's own documentation uses keys that end in EXAMPLE.
  { what: 'an AWS access key', pattern: /\b(AKIA|ASIA)(?![A-Z0-9]*EXAMPLE\b)[A-Z0-9]{16}\b/g },
  { what: 'an AWS secret key', pattern: /aws_?secret_?access_?key["']?\s*[:=]\s*["']?(?![A-Za-z0-9/+]*EXAMPLE)[A-Za-z0-9/+]{40}\b/gi },
  { what: 'a GitHub token', pattern: /\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b/g },
  { what: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { what: 'a Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}\b/g },
  { what: 'a Slack token', pattern: /\bxox[abprs]-[A-Za-z0-9-]{10,}/g },
];

const registry: readonly { path: string; pattern: RegExp }[] = [
  { path: 'package-lock.json', pattern: /"resolved":\s*"https?:[^"]*"/g },
  { path: '.npmrc', pattern: /^\s*(@[\w-]+:)?registry\s*=.*|^.*_auth.*/gm },
  { path: 'package.json', pattern: /"registry"\s*:\s*"[^"]*"/g },
];

export const checkLeaks: Check = (tree) => [
  ...tree.files.flatMap(({ path, text }) =>
    secrets.flatMap(({ what, pattern }) =>
      [...text.matchAll(pattern)].map((match) => ({
        rule: 'secret',
        path,
        line: lineAt(text, match.index),
        message: `${what} is committed`,
      })),
    ),
  ),
  ...registry.flatMap(({ path, pattern }) => {
    const text = tree.find(path)?.text ?? '';
    return [...text.matchAll(pattern)].map((match) => ({
      rule: 'registry-host',
      path,
      line: lineAt(text, match.index),
      message: `names a registry: ${match[0].trim()}`,
    }));
  }),
];

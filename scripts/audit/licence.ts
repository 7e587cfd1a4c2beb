/**
 * Whether a licence may be used, by its SPDX expression: one allowed choice of an OR is enough, every part of an AND has to be allowed.
 * What is not such an expression (a file name, a URL, nothing) is not allowed.
 */

/** Licences that ask for no more than attribution, and so fit Apache-2.0. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0', // data only: the browser table of caniuse-lite, a tool of the tests
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
]);

export function isAllowedLicence(expression: string): boolean {
  const tokens = expression.match(/[()]|[A-Za-z0-9.+-]+/g) ?? [];
  let at = 0;
  const atom = (): boolean => {
    const token = tokens[at++];
    if (token !== '(') return token !== undefined && allowed.has(token);
    const inner = either();
    return tokens[at++] === ')' && inner;
  };
  const all = (): boolean => {
    let ok = atom();
    while (tokens[at] === 'AND') {
      at++;
      ok = atom() && ok;
    }
    return ok;
  };
  const either = (): boolean => {
    let ok = all();
    while (tokens[at] === 'OR') {
      at++;
      ok = all() || ok;
    }
    return ok;
  };
  return either() && at === tokens.length;
}

import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as SPDX from '@cyclonedx/cyclonedx-library/SPDX';

const isOperand = (text: string): boolean =>
  /^(LicenseRef-[A-Za-z0-9.-]+|DocumentRef-[A-Za-z0-9.-]+:LicenseRef-[A-Za-z0-9.-]+)$/.test(text) ||
  SPDX.isSupportedSpdxId(text.replace(/\+$/, ''));

/** Whether a text is an SPDX licence expression: operands between AND and OR, exceptions after WITH, brackets in pairs. */
function isExpression(text: string): boolean {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let depth = 0;
  let expectsOperand = true;
  for (const [index, token] of tokens.entries()) {
    if (token === '(' ? !expectsOperand : token === ')' && expectsOperand) return false;
    if (token === '(') depth++;
    else if (token === ')') {
      if (--depth < 0) return false;
    } else if (token === 'AND' || token === 'OR') {
      if (expectsOperand) return false;
      expectsOperand = true;
    } else if (token === 'WITH') {
      if (expectsOperand || tokens[index + 1] === undefined) return false;
    } else if (tokens[index - 1] !== 'WITH') {
      if (!expectsOperand || !isOperand(token)) return false;
      expectsOperand = false;
    }
  }
  return depth === 0 && !expectsOperand;
}

/** A licence as CycloneDX knows them: an SPDX id, an SPDX expression, or else just the name somebody gave it. */
export function toLicense(text: string): Models.License {
  const id = SPDX.fixupSpdxId(text.trim());
  if (id !== undefined) return new Models.SpdxLicense(id);
  return isExpression(text) ? new Models.LicenseExpression(text.trim()) : new Models.NamedLicense(text);
}

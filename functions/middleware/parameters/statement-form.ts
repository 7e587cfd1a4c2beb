import { StatementForm } from '../../../shared/identity/identity-form.ts';

/** How a signed statement names its signer. */
export const statementForm = StatementForm.default('key').describe(
  'With the key that signed (`cosign --key`), or with a certificate of it and a timestamp (`cosign --certificate-identity`)',
);
